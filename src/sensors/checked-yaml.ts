// A declaration of the site's own as a YAML file: text of bounded size becomes what its schema makes of it, or a list of what is wrong and in which line.
import { readFile } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { messageOf, sameText, type Text } from '#base';

/** Says in both languages what a schema refuses; whoever reads for people brings it. */
export type Wording = (
  issues: readonly z.core.$ZodIssue[],
  subject: { readonly schema: z.core.$ZodType; readonly value: unknown },
) => readonly { readonly path: readonly PropertyKey[]; readonly text: Text }[];

/** A declaration, or what is wrong: `line 7: points[2].modbus.address: …`; at most 20 things. */
export type ReadDeclaration<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Text[] };

const maxBytes = 64 * 2 ** 10;
const maxProblems = 20;
const plainWording: Wording = (issues) => issues.map(({ path, message }) => ({ path, text: sameText(message) }));

/** Reads one declaration; `bytes` beyond 64 KiB are refused before they are parsed. */
export function readDeclaration<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  wording = plainWording,
): ReadDeclaration<z.output<Schema>> {
  if (bytes.length > maxBytes) return { ok: false, problems: [{ en: 'larger than 64 KiB', ko: '64 KiB보다 큽니다' }] };
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    document = parseDocument(text, { lineCounter: lines, prettyErrors: true, logLevel: 'error' });
    if (document.errors[0]) return { ok: false, problems: [problemOf(document.errors[0])] };
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    return { ok: false, problems: [problemOf(error)] };
  }
  const checked = schema.safeParse(value);
  if (checked.success) return { ok: true, value: checked.data };
  const flaws = wording(checked.error.issues.slice(0, maxProblems), { schema, value });
  return { ok: false, problems: flaws.map(({ path, text }) => placed(lineOf(document, path, lines), pathText(path), text)) };
}

/** The bytes of a file, or why there are none. */
export async function bytesOfFile(
  path: string,
): Promise<{ readonly bytes: Buffer } | { readonly problem: string; readonly cause: unknown }> {
  try {
    return { bytes: await readFile(path) };
  } catch (cause) {
    return { problem: `${path}: ${messageOf(cause)}`, cause };
  }
}

/** All problems of a file as one text. */
export function listOf(name: string, problems: readonly Text[]): Text {
  return { en: `${name}: ${problems.map(({ en }) => en).join('; ')}`, ko: `${name}: ${problems.map(({ ko }) => ko).join('; ')}` };
}

/** Whether a name that nobody knows is meant as a file. */
export function isPath(name: string): boolean {
  return /[/.]/.test(name);
}

function placed(line: number, path: string, { en, ko }: Text): Text {
  return { en: `line ${line}: ${path}${en}`, ko: `${line}번째 줄: ${path}${ko}` };
}

/** The line of the value at `path`, or of the nearest thing above it. */
function lineOf(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return Math.max(1, lines.linePos(node.range[0]).line);
  }
  return 1;
}

function problemOf(error: unknown): Text {
  if (error instanceof YAMLParseError) {
    const [what = ''] = error.message.split('\n');
    return placed(error.linePos?.[0].line ?? 1, '', { en: what, ko: `YAML 형식이 올바르지 않습니다 (${what})` });
  }
  return error instanceof TypeError ? { en: 'not UTF-8', ko: 'UTF-8이 아닙니다' } : { en: 'not YAML', ko: 'YAML이 아닙니다' };
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '';
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return `${text.replace(/^\./, '')}: `;
}
