// The verbs about templates, which need no gateway: sensor template list, sensor template show.
import type { Command, Option } from 'commander';
import type { Say } from '../messages/catalogue.ts';
import { alarmWords, conditionWords } from '../messages/words.ts';
import { exits, type TemplateView, type Verb, type VerbContext } from './context.ts';
import { problemLines } from './problems.ts';
import { orDash, textIn, word } from './words.ts';

interface ConfigFlag {
  readonly config: string;
}

const listVerb: Verb<ConfigFlag> = async (context, { config }) => {
  const { say, screen } = context;
  const { templates, problems } = await context.loaders.templates(config, undefined);
  if (context.json) screen.json({ templates, problems });
  else {
    screen.table([
      [say('column.name'), say('column.origin'), say('column.message'), say('column.model'), say('column.points'), say('column.rules')],
      ...templates.map((each) => [
        each.name,
        say(`template.origin.${each.origin}`),
        orDash(textIn(each.title, context)),
        orDash([each.maker, each.model].filter((part) => part !== '').join(' ')),
        String(each.points.length),
        String(each.rules.length),
      ]),
    ]);
    // Without a configuration there are no templates of a site either.
    if (problems.some(({ line }) => line !== undefined)) {
      screen.complain(say('template.siteMissing'));
      for (const line of problemLines(problems, context)) screen.complain(line);
    }
  }
  return exits.done;
};

const showVerb: Verb<ConfigFlag> = async (context, { config }, name) => {
  const { say, screen } = context;
  const { templates } = await context.loaders.templates(config, name);
  const [template] = templates;
  if (!template) return exits.failed;
  if (context.json) {
    screen.json({ template });
    return exits.done;
  }
  const model = [template.maker, template.model].filter((part) => part !== '').join(' ');
  screen.line(
    [`${template.name} (${say(`template.origin.${template.origin}`)})`, textIn(template.title, context), model]
      .filter((part) => part !== '')
      .join(', '),
  );
  screen.table([
    [say('column.pointName'), say('column.from'), say('column.unit')],
    ...template.points.map((point) => [point.name, point.from, orDash(point.unit)]),
  ]);
  screen.table([
    [say('column.channel'), say('column.raises'), say('column.when')],
    ...template.rules.map((rule) => [rule.channel, raisesText(rule, context), textIn(rule.when, context)]),
  ]);
  if (template.silence) screen.line(say('template.silence', { time: textIn(template.silence, context) }));
  return exits.done;
};

function raisesText({ raises }: TemplateView['rules'][number], context: VerbContext): string {
  if ('alarm' in raises) return `${word(alarmWords, raises.alarm, context)} (${raises.alarm})`;
  return `${word(conditionWords, raises.condition, context)} (${raises.condition}): ${textIn(raises.message, context)}`;
}

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `sensor template`. */
export function addTemplateVerbs(template: Command, { make, say, config }: { make: Make; say: Say; config: () => Option }): void {
  make(template, 'list', 'help.sensor.template.list', listVerb).addOption(config());
  make(template, 'show', 'help.sensor.template.show', showVerb).argument('<name>', say('help.sensor.template.name')).addOption(config());
}
