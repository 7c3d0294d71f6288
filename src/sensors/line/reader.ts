// Frames into meanings, pure: codes out, characters, checksum, the first pattern that fits the whole line. On RE2JS, which takes time in proportion to the line.
import { RE2JS } from 're2js';
import { messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Grammar, type Pattern, timeGroups } from '../grammar-option.ts';
import { stripCodes } from './codes.ts';
import { panelTimeOf } from './panel-time.ts';

/** What a line means. */
export interface Meaning {
  readonly pattern: Pattern;
  /** Place of the pattern in the grammar, from 1. */
  readonly number: number;
  /** What its groups caught, trimmed, at most 100 characters each; empty ones left out. */
  readonly groups: Readonly<Record<string, string>>;
  /** The same without the panel's time. */
  readonly facts: Readonly<Record<string, string>>;
  /** What the panel's clock said, wall milliseconds; undefined: it said nothing that can be. */
  readonly panelTime: number | undefined;
}

/** A line that was read; without a meaning no pattern fits. `text`: as it was read. */
export interface ReadLine {
  readonly text: string;
  readonly meaning: Meaning | undefined;
}

/** A reader of one grammar. */
export interface Reader {
  /** Undefined: an empty line. `receivedMs` is wall time. */
  read(frame: Uint8Array, receivedMs: number): ReadLine | undefined;
}

/** Steps of a pattern, and of all together: what bounds the time for a line of 4 KiB. */
const maxProgram = 1000;
const maxPrograms = 8000;
const maxFact = 100;

/** Compiles a grammar. Throws `sensors.grammar-unusable`. */
export function openReader(grammar: Grammar): Reader {
  const compiled = grammar.patterns.map((pattern, at) => ({ pattern, number: at + 1, expression: compile(pattern.match, at + 1) }));
  const total = compiled.reduce((sum, { expression }) => sum + expression.programSize(), 0);
  if (total > maxPrograms)
    throw sensorsFaults.fault('grammar-unusable', { detail: `the patterns are ${total} steps together; at most ${maxPrograms}` });
  const decoder = new TextDecoder(grammar.charset === 'cp949' ? 'euc-kr' : grammar.charset);
  return {
    read(frame, receivedMs) {
      const plain = Buffer.from(grammar.codes === 'strip' ? stripCodes(frame) : frame);
      const text = decoder.decode(plain).trim();
      if (text === '') return undefined;
      if (grammar.checksum === 'nmea' && !isSumRight(plain.toString('latin1').trim())) return { text, meaning: undefined };
      for (const { pattern, number, expression } of compiled) {
        const matcher = expression.matcher(text);
        if (!matcher.matches()) continue;
        const groups: Record<string, string> = {};
        for (const name of Object.keys(expression.namedGroups())) {
          const caught = (matcher.group(name) ?? '').trim().slice(0, maxFact);
          if (caught !== '') groups[name] = caught;
        }
        const facts = Object.fromEntries(Object.entries(groups).filter(([name]) => !timeGroups.includes(name)));
        return { text, meaning: { pattern, number, groups, facts, panelTime: panelTimeOf(groups, grammar.zone, receivedMs) } };
      }
      return { text, meaning: undefined };
    },
  };
}

function compile(match: string, number: number): RE2JS {
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(match, RE2JS.DOTALL);
  } catch (error) {
    throw sensorsFaults.fault('grammar-unusable', { detail: `pattern ${number}: ${messageOf(error)}` });
  }
  const steps = expression.programSize();
  if (steps > maxProgram)
    throw sensorsFaults.fault('grammar-unusable', { detail: `pattern ${number} is ${steps} steps; at most ${maxProgram}` });
  return expression;
}

/** NMEA 0183 §5.3.1: the exclusive or of what stands between $ or ! and *. */
function isSumRight(text: string): boolean {
  const parts = /^[$!]([^*]*)\*([0-9A-Fa-f]{2})$/.exec(text);
  if (!parts) return false;
  const sum = [...Buffer.from(parts[1] ?? '', 'latin1')].reduce((sofar, byte) => sofar ^ byte, 0);
  return sum === Number.parseInt(parts[2] ?? '', 16);
}
