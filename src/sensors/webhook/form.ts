// Bodies of forms, pure: names and values as an object of texts, bounded, in UTF-8 or in the Korean charset that older senders use.
import type { parseJson } from '../messages/index.ts';

/** Fields in all, those of one name among them. */
const maxFields = 256;

/**
 * Parses `application/x-www-form-urlencoded` (URL Standard §5.1) of a body that the caller bounds. Values are texts; a name that comes several times has
 * a list of them. Bytes that the charset does not know, and an empty body, are refused.
 */
export function parseForm(body: Uint8Array, contentType: string | undefined): ReturnType<typeof parseJson> {
  const decoder = new TextDecoder(isKorean(contentType) ? 'euc-kr' : 'utf-8', { fatal: true });
  const pieces = Buffer.from(body)
    .toString('latin1')
    .trim()
    .split('&', maxFields + 1);
  if (pieces.length > maxFields) return { ok: false, problem: `the form has more than ${maxFields} fields` };
  const fields = new Map<string, string[]>();
  try {
    for (const piece of pieces) {
      if (piece === '') continue;
      const cut = piece.indexOf('=');
      const name = decoder.decode(bytesIn(cut < 0 ? piece : piece.slice(0, cut)));
      const values = fields.get(name) ?? [];
      values.push(cut < 0 ? '' : decoder.decode(bytesIn(piece.slice(cut + 1))));
      fields.set(name, values);
    }
  } catch {
    return { ok: false, problem: `the form is not ${decoder.encoding}` };
  }
  if (fields.size === 0) return { ok: false, problem: 'the form is empty' };
  return { ok: true, value: Object.fromEntries([...fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values])) };
}

/** `charset=` of a Content-Type; MS949 and the like are what browsers call EUC-KR. */
function isKorean(contentType: string | undefined): boolean {
  return /;\s*charset="?(?:euc-?kr|cp-?949|ms949|ks_c_5601-1987|x-windows-949)"?\s*(?:;|$)/i.test(contentType ?? '');
}

/** A plus is a space, %XX a byte; a % that no two digits follow is itself. */
function bytesIn(text: string): Buffer {
  const plain = text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(plain, 'latin1');
}
