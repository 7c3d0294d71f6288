// Templates as files: YAML text of bounded size becomes a checked template, or a list of what is wrong and where.
import { readFile } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument, YAMLParseError } from 'yaml';
import { messageOf } from '#base';
import { sensorsFaults } from '../faults.ts';
import { type Template, templateOption } from '../template.ts';

/** A template, or what is wrong: `line 7: points[2].modbus.address: …`; at most 20 things. */
export type ReadTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly string[] };

const maxBytes = 64 * 2 ** 10;
const maxProblems = 20;

/** Reads one template; `bytes` beyond 64 KiB are refused before they are parsed. */
export function readTemplate(bytes: Uint8Array): ReadTemplate {
  if (bytes.length > maxBytes) return { ok: false, problems: ['larger than 64 KiB'] };
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
  const checked = templateOption.safeParse(value);
  if (checked.success) return { ok: true, template: checked.data };
  const problems = checked.error.issues.slice(0, maxProblems).map(({ path, message }) => {
    return `line ${lineOf(document, path, lines)}: ${pathText(path)}${message}`;
  });
  return { ok: false, problems };
}

/** The template in a file. Rejects with `sensors.template-unknown`, naming file and line. */
export async function templateOfFile(path: string): Promise<Template> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw sensorsFaults.fault('template-unknown', { cause, detail: `${path}: ${messageOf(cause)}` });
  }
  const read = readTemplate(bytes);
  if (!read.ok) throw sensorsFaults.fault('template-unknown', { detail: `${path}: ${read.problems.join('; ')}` });
  return read.template;
}

/** The line of the value at `path`, or of the nearest thing above it. */
function lineOf(document: Document.Parsed, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return Math.max(1, lines.linePos(node.range[0]).line);
  }
  return 1;
}

function problemOf(error: unknown): string {
  if (error instanceof YAMLParseError) return `line ${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`;
  return error instanceof TypeError ? 'not UTF-8' : 'not YAML';
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '';
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return `${text.replace(/^\./, '')}: `;
}
