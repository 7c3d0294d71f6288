// A recording played through a grammar or a template, pure: what would be said, line by line, without any device or store.
import type { Grammar } from '../grammar-option.ts';
import { extractValues, parseJson } from '../messages/index.ts';
import type { Template } from '../options.ts';
import { type SensorState, seedSensor, stepSensor, type Utterance } from '../rules/index.ts';
import { openFramer } from './framer.ts';
import { type PanelState, seedPanel, stepPanel } from './panel.ts';
import { openReader } from './reader.ts';
import type { Piece, Recording } from './recording.ts';

/** One line, message or set of values, and what it leads to. */
export interface Played {
  /** Milliseconds since the start of the recording. */
  readonly ms: number;
  /** What was read. */
  readonly text: string;
  /** `alarm`, `fault`, `reset` …, `unknown` where no pattern fits; of a template `values`. */
  readonly meaning: string;
  /** The pattern's place in the grammar, from 1. */
  readonly pattern?: number;
  readonly says: readonly Utterance[];
}

/** What became of a whole recording. */
export interface Playback {
  readonly played: readonly Played[];
  /** Bytes that belong to no whole frame. */
  readonly droppedBytes: number;
}

const device = 'recorded';
/** Panels of one line that are told apart in a replay. */
const maxPanels = 256;

interface Framed {
  readonly ms: number;
  readonly frame: Buffer;
}

/** The bytes of a recording, cut as the driver would. */
function framesOf(grammar: Grammar, { pieces }: Recording): { readonly frames: readonly Framed[]; readonly dropped: number } {
  const framer = openFramer(grammar.framing);
  const frames: Framed[] = [];
  for (const each of pieces) {
    if (!('hex' in each)) continue;
    const due = framer.dueAt;
    if (due !== undefined && due <= each.ms) frames.push(...framer.rest(due).map((frame) => ({ ms: due, frame })));
    frames.push(...framer.push(Buffer.from(each.hex, 'hex'), each.ms).map((frame) => ({ ms: each.ms, frame })));
  }
  const due = framer.dueAt;
  if (due !== undefined) frames.push(...framer.rest(due).map((frame) => ({ ms: due, frame })));
  framer.reset();
  return { frames, dropped: framer.dropped };
}

/** Plays a recording of bytes through a grammar. Throws `sensors.grammar-unusable`. */
export function replayGrammar(grammar: Grammar, recording: Recording): Playback {
  const reader = openReader(grammar);
  const { frames, dropped } = framesOf(grammar, recording);
  const states = new Map<string, PanelState>([[device, seedPanel([])]]);
  const played = frames.flatMap(({ ms, frame }): Played[] => {
    const wallMs = recording.startedAt + ms;
    const line = reader.read(frame, wallMs);
    if (!line) return [];
    const { text, meaning } = line;
    if (!meaning) return [{ ms, text, meaning: 'unknown', says: [] }];
    const address = grammar.address === undefined ? undefined : meaning.groups[grammar.address];
    const named = address ?? device;
    const speaking = address === undefined && meaning.pattern.says === 'reset' ? [...states.keys()] : [named];
    const says = speaking.flatMap((each) => {
      const step = stepPanel({ device: each, grammar }, states.get(each) ?? seedPanel([]), {
        meaning,
        wallMs,
        monotonicMs: ms,
        sinceBoot: { boot: 'replay', ms },
      });
      if (states.size < maxPanels || states.has(each)) states.set(each, step.state);
      return step.says;
    });
    return [{ ms, text, meaning: meaning.pattern.says, pattern: meaning.number, says }];
  });
  return { played, droppedBytes: dropped };
}

/** Plays messages or values through a template; bytes are messages in JSON, or with a grammar the groups of its lines that say `values`. */
export function replayTemplate(template: Template, recording: Recording, grammar: Grammar | undefined): Playback {
  const { told, dropped } = grammar ? toldByLines(grammar, recording) : { told: recording.pieces.map(toldBy), dropped: 0 };
  let state: SensorState = seedSensor(template, []);
  const played = told.map(({ ms, content, values }): Played => {
    const extracted = values ? { values: new Map(Object.entries(values)), fault: undefined } : extractValues(template, content);
    const moment = { wallMs: recording.startedAt + ms, monotonicMs: ms };
    const step = stepSensor({ device, template }, state, { observation: { result: 'values', ...extracted }, moment });
    ({ state } = step);
    const text = [...extracted.values].map(([name, value]) => `${name}=${value}`).join(' ');
    return { ms, text, meaning: 'values', says: step.says };
  });
  return { played, droppedBytes: dropped };
}

interface Told {
  readonly ms: number;
  readonly content?: unknown;
  readonly values?: Readonly<Record<string, number>>;
}

function toldByLines(grammar: Grammar, recording: Recording): { readonly told: readonly Told[]; readonly dropped: number } {
  const reader = openReader(grammar);
  const { frames, dropped } = framesOf(grammar, recording);
  const told = frames.flatMap(({ ms, frame }): Told[] => {
    const meaning = reader.read(frame, recording.startedAt + ms)?.meaning;
    return meaning?.pattern.says === 'values' ? [{ ms, content: meaning.groups }] : [];
  });
  return { told, dropped };
}

function toldBy(piece: Piece): Told {
  if ('values' in piece) return { ms: piece.ms, values: piece.values };
  if ('message' in piece) return { ms: piece.ms, content: piece.message };
  const read = parseJson(Buffer.from(piece.hex, 'hex'));
  return { ms: piece.ms, content: read.ok ? read.value : undefined };
}
