// A grammar or a template tried on a recording: files and shipped names in, what would be said out.
import { readFile } from 'node:fs/promises';
import { messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import type { Grammar } from '../grammar-option.ts';
import type { Template } from '../options.ts';
import { shippedTemplate, templateOfFile } from '../templates/index.ts';
import { readRecording } from './recording.ts';
import { type Playback, replayGrammar, replayTemplate } from './replay.ts';
import { readGrammar, shippedGrammar } from './shipped.ts';

/** What to try on what. Each is a file, or the name of a shipped one. */
export interface RehearseRequest {
  readonly what: 'grammar' | 'template';
  readonly name: string;
  /** File of the recording. */
  readonly against: string;
  /** Of a template: the grammar of the recorded lines. */
  readonly grammar?: string | undefined;
}

/** Tries it. Rejects with `sensors.grammar-unusable`, `template-unknown` or `recording-unusable`. */
export async function rehearse({ what, name, against, grammar }: RehearseRequest): Promise<Playback> {
  const told = what === 'grammar' ? await grammarAt(name) : undefined;
  const template = what === 'template' ? await templateAt(name) : undefined;
  const spoken = grammar === undefined ? undefined : await grammarAt(grammar);
  const recording = readRecording(await bytesOf(against, 'recording-unusable'));
  if (template) return replayTemplate(template, recording, spoken);
  return told ? replayGrammar(told, recording) : { played: [], droppedBytes: 0 };
}

async function grammarAt(name: string): Promise<Grammar> {
  return shippedGrammar(name) ?? readGrammar(await bytesOf(name, 'grammar-unusable'));
}

async function templateAt(name: string): Promise<Template> {
  return shippedTemplate(name) ?? (await templateOfFile(name));
}

async function bytesOf(path: string, reason: 'grammar-unusable' | 'recording-unusable'): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw sensorsFaults.fault(reason, { cause, detail: `${path}: ${messageOf(cause)}` });
  }
}
