// The screen: lines, tables and JSON, with everything a device or a person may have smuggled into a name made harmless.
import type { Writable } from 'node:stream';

/** Where a verb prints. Human text and tables go through `printable`; nothing reaches the terminal around it. */
export interface Screen {
  line(text: string): void;
  /** Rows, the first of them headings or not, their columns padded to the width that a terminal shows (East Asian wide characters count two). */
  table(rows: readonly (readonly string[])[]): void;
  /** One JSON value on one line. */
  json(value: unknown): void;
  /** A line of standard error that whatever comes next takes the place of; nothing where that is no terminal. Empty: it goes. */
  progress(text: string): void;
  /** A line on standard error. */
  complain(text: string): void;
  /** One JSON value on one line of standard error. */
  complainJson(value: unknown): void;
}

// Controls, line and paragraph separators, and the marks that reorder or hide text (Unicode TR 36 §3).
const dangerous = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `text` as it may be shown on a terminal: each control character and each invisible or reordering mark becomes U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(dangerous, '\ufffd').toWellFormed();
}

// East_Asian_Width W and F (UAX #11), as the blocks that a terminal shows two columns wide.
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** Columns that a terminal needs for `text`. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /^\p{M}$/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** Opens a screen on two streams. */
export function openScreen(stdout: Writable, stderr: Writable): Screen {
  let hasProgress = false;
  const clear = (): void => {
    if (hasProgress) stderr.write('\r\u001b[K');
    hasProgress = false;
  };
  const line = (text: string): void => {
    clear();
    stdout.write(`${printable(text)}\n`);
  };
  const jsonLine = (value: unknown): string => `${JSON.stringify(value).replaceAll(dangerous, escaped)}\n`;
  return {
    line,
    table(rows) {
      for (const row of layOut(rows)) line(row);
    },
    json: (value) => void stdout.write(jsonLine(value)),
    progress(text) {
      clear();
      if (text === '' || !('isTTY' in stderr) || stderr.isTTY !== true) return;
      stderr.write(printable(text));
      hasProgress = true;
    },
    complain(text) {
      clear();
      stderr.write(`${printable(text)}\n`);
    },
    complainJson: (value) => void stderr.write(jsonLine(value)),
  };
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => cells.reduce((most, row) => Math.max(most, displayWidth(row[column] ?? '')), 0));
  return cells.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `text` followed by blanks up to `width` columns; longer text stays as it is. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
