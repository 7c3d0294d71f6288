// The verbs about dead letters: what the hub refused for good, and what a person decides about it.
import type { Asked } from '../contract.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { classText, orDash, textIn, timeText } from './words.ts';

export const deadListVerb: Verb<Asked<'outbox.dead'>> = async (context, filter) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('outbox.dead', filter));
  if (context.json) screen.json(answer);
  else if (answer.letters.length === 0) screen.line(say('dead.none'));
  else {
    screen.table([
      [
        say('column.id'),
        say('column.refusedAt'),
        say('column.destination'),
        say('column.class'),
        say('column.about'),
        say('column.code'),
        say('column.reason'),
      ],
      ...answer.letters.map((letter) => [
        String(letter.id),
        timeText(letter.time),
        letter.destination,
        classText(letter.class, context),
        orDash(letter.about),
        codeText(letter.code),
        textIn(letter.message, context),
      ]),
    ]);
  }
  return exits.done;
};

export const deadShowVerb: Verb<object> = async (context, _options, argument) => {
  const { say, screen } = context;
  const [id, ...more] = numbersOf(argument);
  if (id === undefined || more.length > 0)
    throw new UsageFault(say('usage.invalidValue', { what: 'id', value: argument, expected: say('usage.expectNumber') }));
  const answer = await withGateway(context, (client) => client.call('outbox.dead-show', { id }));
  if (context.json) {
    screen.json(answer);
    return exits.done;
  }
  const { letter, value } = answer;
  screen.table([
    [say('column.id'), String(letter.id)],
    [say('column.refusedAt'), timeText(letter.time)],
    [say('column.destination'), letter.destination],
    [say('column.reason'), `${textIn(letter.message, context)} (${letter.text})`],
    ['', say('word.hint', { text: textIn(letter.hint, context) })],
    [say('column.class'), `${classText(letter.class, context)} ${letter.sequence}`],
    [say('column.about'), orDash(letter.about)],
    [say('column.entry'), letter.entryId],
  ]);
  screen.line(JSON.stringify(value));
  return exits.done;
};

export const deadRetryVerb: Verb<object> = async (context, _options, argument) => {
  const { say, screen } = context;
  const ids = lettersOf(argument, context);
  const answer = await withGateway(context, (client) => client.call('outbox.dead-retry', { ids }));
  if (context.json) screen.json(answer);
  else screen.line(say('dead.retried', { n: answer.count }));
  return exits.done;
};

export const deadDropVerb: Verb<{ readonly reason: string }> = async (context, { reason }, argument) => {
  const { say, screen } = context;
  const ids = lettersOf(argument, context);
  const answer = await withGateway(context, (client) => client.call('outbox.dead-drop', { ids, reason }));
  if (context.json) screen.json(answer);
  else screen.line(say('dead.dropped', { n: answer.count }));
  return exits.done;
};

/** `0x87` of MQTT, `403` of HTTP. */
function codeText(code: number): string {
  return code < 256 ? `0x${code.toString(16)}` : String(code);
}

/** `7`, `7,8,9` or `all`. */
function lettersOf(text: string, { say }: VerbContext): Asked<'outbox.dead-retry'>['ids'] {
  if (text === 'all') return text;
  const ids = numbersOf(text);
  if (ids.length === 0) throw new UsageFault(say('usage.invalidValue', { what: 'ids', value: text, expected: say('usage.expectLetters') }));
  return ids;
}

/** Empty when one of them is no number. */
function numbersOf(text: string): number[] {
  return /^\d{1,15}(,\d{1,15})*$/.test(text) ? text.split(',').map(Number) : [];
}
