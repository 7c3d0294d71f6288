// In which encoding a stranger's XML is written: by its byte order mark, else as it declares, unless its own bytes say otherwise (XML 1.0 appendix F).
import { TextDecoder } from 'node:util';

/** Names of the Korean code page 949 that the Encoding Standard does not list. */
const korean = new Set(['cp949', 'ms949', 'uhc', 'x-windows-949', 'ksc5601', 'ks_c_5601']);
/** A declaration is no longer. */
const maxDeclaration = 160;

/** Turns bytes into text as they come. */
export interface XmlDecoder {
  /** Text so far: empty while too few bytes are there to know the encoding. */
  decode(bytes: Uint8Array): string;
  /** What was kept of a document that is shorter than a declaration. */
  flush(): string;
}

/** Opens a decoder. An encoding that is unknown, or cannot be, is read as UTF-8; what cannot be read in it becomes U+FFFD. */
export function openXmlDecoder(): XmlDecoder {
  let start = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  const begin = (): string => {
    decoder = new TextDecoder(encodingOf(start));
    return decoder.decode(start, { stream: true });
  };
  return {
    decode(bytes) {
      if (decoder) return decoder.decode(bytes, { stream: true });
      start = Buffer.concat([start, bytes]);
      // The end of the first tag, which a declaration is where there is one.
      return start.includes('>') || start.length >= maxDeclaration ? begin() : '';
    },
    flush: () => (decoder || start.length === 0 ? '' : begin()),
  };
}

function encodingOf(start: Buffer): string {
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  // UTF-16 without a mark: every second byte of the first tag is zero.
  if (start[0] === 0x3c && start[1] === 0) return 'utf-16le';
  if (start[0] === 0 && start[1] === 0x3c) return 'utf-16be';
  const text = start.subarray(0, maxDeclaration).toString('latin1');
  const label = /^\s*<\?xml[^>]{0,80}encoding\s*=\s*["']([\w-]{1,20})["']/.exec(text)?.[1]?.toLowerCase() ?? 'utf-8';
  if (korean.has(label)) return 'euc-kr';
  try {
    const { encoding } = new TextDecoder(label);
    // What could be read byte by byte is no UTF-16, whatever it says.
    return encoding.startsWith('utf-16') ? 'utf-8' : encoding;
  } catch {
    return 'utf-8';
  }
}
