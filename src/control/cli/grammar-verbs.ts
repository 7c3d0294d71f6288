// The verbs about grammars of text lines, which need no gateway: sensor grammar list, sensor grammar show.
import type { Command, Option } from 'commander';
import type { Say } from '../messages/catalogue.ts';
import { exits, type GrammarView, type Verb } from './context.ts';
import { problemLines } from './problems.ts';
import { orDash, textIn } from './words.ts';

interface ConfigFlag {
  readonly config: string;
}

const modelOf = ({ maker, model }: GrammarView): string => [maker, model].filter((part) => part !== '').join(' ');

const listVerb: Verb<ConfigFlag> = async (context, { config }) => {
  const { say, screen } = context;
  const { grammars, problems } = await context.loaders.grammars(config, undefined);
  if (context.json) screen.json({ grammars, problems });
  else {
    screen.table([
      [say('column.name'), say('column.origin'), say('column.message'), say('column.model'), say('column.patterns'), say('column.silence')],
      ...grammars.map((each) => [
        each.name,
        say(`template.origin.${each.origin}`),
        orDash(textIn(each.title, context)),
        orDash(modelOf(each)),
        String(each.patterns.length),
        orDash(textIn(each.silence, context)),
      ]),
    ]);
    if (problems.some(({ line }) => line !== undefined)) {
      screen.complain(say('grammar.siteMissing'));
      for (const line of problemLines(problems, context)) screen.complain(line);
    }
  }
  return exits.done;
};

const showVerb: Verb<ConfigFlag> = async (context, { config }, name) => {
  const { say, screen } = context;
  const [grammar] = (await context.loaders.grammars(config, name)).grammars;
  if (!grammar) return exits.failed;
  if (context.json) {
    screen.json({ grammar });
    return exits.done;
  }
  const head = [
    `${grammar.name} (${say(`template.origin.${grammar.origin}`)})`,
    textIn(grammar.title, context),
    modelOf(grammar),
    grammar.charset,
  ];
  screen.line(head.filter((part) => part !== '').join(', '));
  screen.table([
    ['#', say('column.says'), say('column.raises'), say('column.channel'), say('column.match')],
    ...grammar.patterns.map(({ says, raises, state, channel, match }, at) => [
      String(at + 1),
      says,
      orDash([raises ?? '', state].filter((part) => part !== '').join(' ')),
      orDash(channel),
      match,
    ]),
  ]);
  screen.line(grammar.silence ? say('template.silence', { time: textIn(grammar.silence, context) }) : say('grammar.unwatched'));
  return exits.done;
};

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `sensor grammar`. */
export function addGrammarVerbs(grammar: Command, { make, say, config }: { make: Make; say: Say; config: () => Option }): void {
  make(grammar, 'list', 'help.sensor.grammar.list', listVerb).addOption(config());
  make(grammar, 'show', 'help.sensor.grammar.show', showVerb).argument('<name>', say('help.sensor.grammar.name')).addOption(config());
}
