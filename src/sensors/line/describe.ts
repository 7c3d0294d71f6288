// Grammars as a technician reads them: what each pattern says, and when the panel counts as silent.
import { durationText, type Text } from '#base';
import type { AlarmKind, ConditionKind } from '#model';
import type { Wording } from '../checked-yaml.ts';
import type { Grammar, Pattern } from '../grammar-option.ts';
import { shippedGrammars } from '../line-options.ts';
import { grammarAt, shippedGrammar } from './shipped.ts';

/** A grammar in words. */
export interface DescribedGrammar {
  readonly name: string;
  readonly origin: 'shipped' | 'site' | 'file';
  readonly title: Text | undefined;
  readonly maker: string;
  readonly model: string;
  readonly charset: Grammar['charset'];
  /** In the order in which they are tried; the first that fits counts. */
  readonly patterns: readonly {
    readonly says: Pattern['says'];
    readonly raises: AlarmKind | ConditionKind | undefined;
    readonly state: string;
    readonly channel: string;
    readonly match: string;
  }[];
  readonly silence: Text | undefined;
}

/** All grammars, or the one that is called so or lies in this file. Rejects with `sensors.grammar-unknown` or `grammar-unusable`. */
export async function describeGrammars(
  own: Readonly<Record<string, Grammar>>,
  name: string | undefined,
  wording?: Wording,
): Promise<readonly DescribedGrammar[]> {
  const all = [
    ...shippedGrammars.flatMap((each) => describe(each, 'shipped', shippedGrammar(each))),
    ...Object.entries(own).flatMap(([each, grammar]) => describe(each, 'site', grammar)),
  ];
  if (name === undefined) return all;
  const known = all.filter((each) => each.name === name);
  return known.length > 0 ? known : describe(name, 'file', await grammarAt(name, wording));
}

function describe(name: string, origin: DescribedGrammar['origin'], grammar: Grammar | undefined): readonly DescribedGrammar[] {
  if (!grammar) return [];
  const { title, maker, model, charset, silentAfter } = grammar;
  const silence = silentAfter > 0 ? durationText(silentAfter) : undefined;
  return [{ name, origin, title, maker, model, charset, patterns: grammar.patterns.map(describePattern), silence }];
}

function describePattern(pattern: Pattern): DescribedGrammar['patterns'][number] {
  const { says, match } = pattern;
  if (says === 'alarm') return { says, raises: pattern.kind, state: pattern.state, channel: pattern.channel ?? pattern.kind, match };
  if (says === 'fault') return { says, raises: pattern.as, state: pattern.state, channel: pattern.channel ?? 'panel', match };
  return { says, raises: undefined, state: '', channel: '', match };
}
