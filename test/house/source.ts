// Reads a TypeScript source for the house test: comments and strings blanked out, imports with their kind and line.

/** A file of the tree, or of an example. */
export interface SourceFile {
  /** From the root of the project: `src/base/clock.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One mention of another module. */
export interface Mention {
  /** What is written between the quotes (of an asset's template the part before its first value); undefined for a computed name. */
  readonly specifier: string | undefined;
  /** Erased at run time: `import type`, `export type … from`. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** The source with every comment, string and regular expression blanked by spaces: same length, same lines, quotes kept. */
export function blank(text: string): string {
  const out = Array.from({ length: text.length }, (_, index) => text.charAt(index));
  const clear = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) if (out[at] !== '\n') out[at] = ' ';
  };
  // Each entry is a template literal that waits for its `${…}` to close: the depth of braces at which it does.
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const skipTemplate = (): void => {
    const from = at;
    while (at < text.length && text[at] !== '`') {
      if (text[at] === '\\') at += 1;
      else if (text.startsWith('${', at)) {
        clear(from, at);
        at += 2;
        templates.push(depth);
        return;
      }
      at += 1;
    }
    clear(from, Math.min(at, text.length));
    at += 1;
  };
  while (at < text.length) {
    const here = text[at] ?? '';
    if (text.startsWith('//', at) || text.startsWith('#!', at)) {
      const end = endOf(text, '\n', at);
      clear(at, end);
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = endOf(text, '*/', at + 2) + 2;
      clear(at, Math.min(end, text.length));
      at = end;
    } else if (here === '"' || here === "'") {
      const end = endOfQuoted(text, at, here);
      clear(at + 1, end);
      at = end + 1;
    } else if (here === '`') {
      at += 1;
      skipTemplate();
    } else if (here === '/' && opensRegex(out, at)) {
      const end = endOfRegex(text, at);
      clear(at, end);
      at = end;
    } else {
      if (here === '{') depth += 1;
      if (here === '}' && templates.at(-1) === depth) {
        templates.pop();
        at += 1;
        skipTemplate();
        continue;
      }
      if (here === '}') depth -= 1;
      at += 1;
    }
  }
  return out.join('');
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** A slash opens a regular expression where a value may begin: after an operator, an opening bracket, or a word such as `return`. */
function opensRegex(out: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && /\s/.test(out[before] ?? '')) before -= 1;
  const last = out[before];
  if (last === undefined || /[(,=:[!&|?{};+\-*%~^<>]/.test(last)) return true;
  return /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|yield|await)$/.test(
    out.slice(Math.max(0, before - 9), before + 1).join(''),
  );
}

function endOfRegex(text: string, from: number): number {
  let inClass = false;
  let at = from + 1;
  while (at < text.length && text[at] !== '\n' && (inClass || text[at] !== '/')) {
    if (text[at] === '[') inClass = true;
    else if (text[at] === ']') inClass = false;
    at += text[at] === '\\' ? 2 : 1;
  }
  at += 1;
  while (/[a-z]/.test(text[at] ?? '')) at += 1;
  return Math.min(at, text.length);
}

interface Form {
  readonly pattern: RegExp;
  /** Whether the name may end in values: an asset's path, never a module's. */
  readonly open?: boolean;
}

/** Static, re-exporting, dynamic and type imports, `require`, `import.meta.resolve`, and entries by `new URL('./x.ts', import.meta.url)`. */
const forms: readonly Form[] = [
  { pattern: /\b(?:import|export)\b[^;'"`()]*?\bfrom\s*(?=['"])/g },
  { pattern: /\bimport\s*(?=['"])/g },
  { pattern: /\b(?:import|require|import\.meta\.resolve)\s*\(\s*/g },
  { pattern: /\bnew\s+URL\s*\(\s*(?=['"`][^)]*import\.meta\.url)/g, open: true },
];

/** All mentions of other modules in a file, in order. */
export function mentionsOf(file: SourceFile, blanked = blank(file.text)): readonly Mention[] {
  const found = forms.flatMap(({ pattern, open = false }) =>
    [...blanked.matchAll(pattern)].map((match) => {
      const at = match.index + match[0].length;
      const typeOnly = /^(?:import|export)\s+type\b/.test(match[0]);
      return { at, specifier: specifierAt(file.text, at, open), typeOnly, line: lineAt(file.text, at) };
    }),
  );
  return found.toSorted((left, right) => left.at - right.at).map(({ specifier, typeOnly, line }) => ({ specifier, typeOnly, line }));
}

function specifierAt(text: string, at: number, open: boolean): string | undefined {
  const quoted = /^(['"`])([^'"`\n]*)\1/.exec(text.slice(at))?.[2];
  const value = quoted?.indexOf('${') ?? -1;
  if (value === -1) return quoted;
  return open ? quoted?.slice(0, value) : undefined;
}

/** The line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
