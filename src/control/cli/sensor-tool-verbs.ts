// The verbs for a visit at a panel, which need no gateway: sensor record, sensor grammar test, sensor template test.
import { type Command, Option } from 'commander';
import { parseSize } from '#base';
import type { Say } from '../messages/catalogue.ts';
import { alarmWords, conditionWords } from '../messages/words.ts';
import { exits, type Rehearsal, UsageFault, type Verb, type VerbContext } from './context.ts';
import { addGrammarVerbs } from './grammar-verbs.ts';
import { openParsers } from './parsers.ts';
import { addTemplateVerbs } from './template-verbs.ts';
import { textIn, word } from './words.ts';

interface RecordFlags {
  readonly out: string;
  readonly baud: number;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: '1' | '2';
  readonly dataBits: '7' | '8';
  readonly for?: number;
  readonly maxSize: string;
}

const recordVerb: Verb<RecordFlags> = async (context, flags, port) => {
  const { say, screen, json, loaders, io } = context;
  const { out, baud, parity } = flags;
  const maxBytes = parseSize(flags.maxSize);
  if (maxBytes === undefined || maxBytes < 1024) throw new UsageFault(say('usage.size'));
  const serial = { baud, parity, stopBits: flags.stopBits === '2' ? 2 : 1, dataBits: flags.dataBits === '7' ? 7 : 8 } as const;
  const progress = json ? () => {} : (sofar: { bytes: number; losses: number }) => screen.progress(say('record.progress', sofar));
  const done = await loaders.record({ port, out, serial, forMs: flags.for, maxBytes, progress }, io.signal);
  screen.progress('');
  if (json) screen.json({ out, ...done });
  else screen.line(say('record.done', { out, bytes: done.bytes, chunks: done.chunks, losses: done.losses }));
  return exits.done;
};

interface RehearseFlags {
  readonly against: string;
  readonly grammar?: string;
}

type Played = Rehearsal['played'][number];

/** Exit 1 when a line was not understood, or nothing was found in the recording. */
function rehearseVerb(what: 'grammar' | 'template'): Verb<RehearseFlags> {
  return async (context, { against, grammar }, name) => {
    const { say, screen, json, loaders } = context;
    const { played, droppedBytes } = await loaders.rehearse({ what, name, against, grammar });
    for (const each of played) {
      if (json) screen.json(each);
      else {
        screen.line(`${(each.ms / 1000).toFixed(3).padStart(9)}  ${meaningText(each, context)}  ${each.text.replaceAll(/\s+/g, ' ')}`);
        for (const said of each.says) screen.line(`${' '.repeat(11)}→ ${saidText(said, context)}`);
      }
    }
    const unknown = played.filter(({ meaning }) => meaning === 'unknown').length;
    if (json) screen.json({ summary: { lines: played.length, unknown, droppedBytes } });
    else screen.line(say('rehearse.summary', { lines: played.length, unknown, dropped: droppedBytes }));
    return unknown > 0 || played.length === 0 ? exits.failed : exits.done;
  };
}

function meaningText({ meaning, pattern }: Played, { say }: VerbContext): string {
  if (meaning === 'unknown') return say('rehearse.unknown');
  return pattern === undefined ? meaning : `${meaning} #${pattern}`;
}

function saidText(said: Played['says'][number], context: VerbContext): string {
  if ('condition' in said) {
    const { channel, kind, state, message } = said.condition;
    return `${channel} ${word(conditionWords, kind, context)} (${kind}) ${state}: ${textIn(message, context)}`;
  }
  const { channel, kind, state, detail = {} } = said.report;
  const facts = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  return [`${channel} ${word(alarmWords, kind, context)} (${kind}) ${state}`, ...facts].join(' ');
}

type HelpKey = Parameters<Say>[0] & `help.${string}`;
type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

/** Adds the verbs to `sensor`. */
export function addSensorToolVerbs(sensor: Command, { make, say, config }: { make: Make; say: Say; config: () => Option }): void {
  const { wholeNumber, duration } = openParsers(say);
  make(sensor, 'record', 'help.sensor.record', recordVerb)
    .argument('<port>', say('help.sensor.record.port'))
    .requiredOption('--out <file>', say('help.sensor.record.out'))
    .option('--baud <n>', say('help.sensor.record.baud'), wholeNumber, 9600)
    .addOption(new Option('--parity <parity>', say('help.sensor.record.parity')).choices(['none', 'even', 'odd']).default('none'))
    .addOption(new Option('--stop-bits <n>', say('help.sensor.record.stopBits')).choices(['1', '2']).default('1'))
    .addOption(new Option('--data-bits <n>', say('help.sensor.record.dataBits')).choices(['7', '8']).default('8'))
    .option('--for <time>', say('help.sensor.record.for'), duration)
    .option('--max-size <size>', say('help.sensor.record.maxSize'), '64MiB');
  const group = (name: 'grammar' | 'template', key: HelpKey): Command => sensor.command(name).helpCommand(false).description(say(key));
  const grammar = group('grammar', 'help.sensor.grammar');
  addGrammarVerbs(grammar, { make, say, config });
  make(grammar, 'test', 'help.sensor.grammar.test', rehearseVerb('grammar'))
    .argument('<name>', say('help.sensor.grammar.name'))
    .requiredOption('--against <recording>', say('help.sensor.against'));
  const template = group('template', 'help.sensor.template');
  addTemplateVerbs(template, { make, say, config });
  make(template, 'test', 'help.sensor.template.test', rehearseVerb('template'))
    .argument('<name>', say('help.sensor.template.name'))
    .requiredOption('--against <recording>', say('help.sensor.against'))
    .option('--grammar <name>', say('help.sensor.template.grammar'));
}
