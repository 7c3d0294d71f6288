// Whether it would be noticed that the panel of a line says nothing any more, as far as the configuration tells.
import { alarmKinds } from '#model';
import type { Grammar } from './grammar-option.ts';
import { shippedGrammars, watchedGrammars } from './line-options.ts';

/** Whether lines of this grammar can tell of a critical alarm. */
export function isPanel({ patterns }: Pick<Grammar, 'patterns'>): boolean {
  return patterns.some((pattern) => pattern.says === 'alarm' && (pattern.severity ?? alarmKinds[pattern.kind]) === 'critical');
}

/** The lines of panels that nobody would miss: neither the line nor its grammar states when silence is one. Their places in the list. */
export function unwatchedLines({
  lines,
  grammars,
}: {
  readonly lines: readonly { readonly grammar: string; readonly silentAfter: number }[];
  readonly grammars: Readonly<Record<string, Grammar>>;
}): readonly number[] {
  return lines.flatMap(({ grammar, silentAfter }, place) => {
    if (silentAfter > 0) return [];
    const own = grammars[grammar];
    if (own) return isPanel(own) && own.silentAfter === 0 ? [place] : [];
    return shippedGrammars.some((name) => name === grammar) && !watchedGrammars.includes(grammar) ? [place] : [];
  });
}
