// The grammars that the product ships, each a file of its own, and grammars as files.
import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import { sensorsFaults } from '../faults.ts';
import { type Grammar, grammarOption } from '../grammar-option.ts';
import { shippedGrammars } from '../line-options.ts';

const folder = new URL('grammars/', import.meta.url);
const maxBytes = 64 * 2 ** 10;
const maxProblems = 5;
const known = new Map<string, Grammar>();

/** The shipped grammar `name`, read when it is first wanted; undefined when there is none. */
export function shippedGrammar(name: string): Grammar | undefined {
  if (!shippedGrammars.some((each) => each === name)) return undefined;
  const grammar = known.get(name) ?? readGrammar(readFileSync(new URL(`${name}.yaml`, folder)));
  known.set(name, grammar);
  return grammar;
}

/** Reads one grammar of at most 64 KiB. Throws `sensors.grammar-unusable` with the places of what is wrong. */
export function readGrammar(bytes: Uint8Array): Grammar {
  if (bytes.length > maxBytes) throw sensorsFaults.fault('grammar-unusable', { detail: 'larger than 64 KiB' });
  const checked = grammarOption.safeParse(parseYaml(bytes));
  if (checked.success) return checked.data;
  const problems = checked.error.issues.slice(0, maxProblems).map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw sensorsFaults.fault('grammar-unusable', { detail: problems.join('; ') });
}

function parseYaml(bytes: Uint8Array): unknown {
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { maxAliasCount: 0, logLevel: 'error' });
  } catch (cause) {
    const where = cause instanceof YAMLParseError ? `line ${cause.linePos?.[0].line ?? 1}: ${cause.message.split('\n')[0]}` : 'not UTF-8';
    throw sensorsFaults.fault('grammar-unusable', { cause, detail: where });
  }
}
