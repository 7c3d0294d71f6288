// Templates as files: YAML text of bounded size becomes a checked template, or a list of what is wrong and where.
import { parse, YAMLParseError } from 'yaml';
import { type Template, templateOption } from '../template.ts';

/** A template, or what is wrong: `points[2].modbus.address: …`, `line 7: …`; at most 20 things. */
export type ReadTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly problems: readonly string[] };

const maxBytes = 64 * 2 ** 10;
const maxProblems = 20;

/** Reads one template; `bytes` beyond 64 KiB are refused before they are parsed. */
export function readTemplate(bytes: Uint8Array): ReadTemplate {
  if (bytes.length > maxBytes) return { ok: false, problems: ['larger than 64 KiB'] };
  let value: unknown;
  try {
    value = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { maxAliasCount: 0, prettyErrors: true });
  } catch (error) {
    return { ok: false, problems: [problemOf(error)] };
  }
  const checked = templateOption.safeParse(value);
  if (checked.success) return { ok: true, template: checked.data };
  return { ok: false, problems: checked.error.issues.slice(0, maxProblems).map(({ path, message }) => `${pathText(path)}${message}`) };
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
