// The grammars that the product ships, each a file of its own, and grammars as files.
import { readFileSync } from 'node:fs';
import { bytesOfFile, isPath, listOf, readDeclaration, type Wording } from '../checked-yaml.ts';
import { sensorsFaults } from '../faults.ts';
import { type Grammar, grammarOption } from '../grammar-option.ts';
import { shippedGrammars } from '../line-options.ts';

const folder = new URL('grammars/', import.meta.url);
const known = new Map<string, Grammar>();

/** The shipped grammar `name`, read when it is first wanted; undefined when there is none. */
export function shippedGrammar(name: string): Grammar | undefined {
  if (!shippedGrammars.some((each) => each === name)) return undefined;
  const grammar = known.get(name) ?? readGrammar(readFileSync(new URL(`${name}.yaml`, folder)), { name });
  known.set(name, grammar);
  return grammar;
}

/** Reads one grammar of at most 64 KiB. Throws `sensors.grammar-unusable` with the lines of what is wrong. */
export function readGrammar(
  bytes: Uint8Array,
  { name = 'grammar', wording }: { name?: string; wording?: Wording | undefined } = {},
): Grammar {
  const read = readDeclaration(bytes, grammarOption, wording);
  if (read.ok) return read.value;
  throw sensorsFaults.fault('grammar-unusable', { detail: listOf(name, read.problems) });
}

/** The grammar that is shipped under this name, or lies in this file. Rejects with `sensors.grammar-unknown` or `grammar-unusable`. */
export async function grammarAt(name: string, wording?: Wording): Promise<Grammar> {
  const shipped = shippedGrammar(name);
  if (shipped) return shipped;
  const read = await bytesOfFile(name);
  if ('bytes' in read) return readGrammar(read.bytes, { name, wording });
  if (!isPath(name)) throw unknownGrammar(name);
  throw sensorsFaults.fault('grammar-unusable', { cause: read.cause, detail: read.problem });
}

/** Nobody knows this name: with those of the shipped ones. */
export function unknownGrammar(name: string): Error {
  return sensorsFaults.fault('grammar-unknown', { detail: `${name} (${shippedGrammars.join(', ')})` });
}
