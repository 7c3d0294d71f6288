// The verbs about grants: list and revoke.
import { grantEndWords, grantFormWords } from '../messages/words.ts';
import { exits, type Verb, withGateway } from './context.ts';
import { timeText, word } from './words.ts';

/** Options of `grant list`. */
export interface GrantListOptions {
  readonly all?: boolean;
  readonly limit?: number;
}

export const grantListVerb: Verb<GrantListOptions> = async (context, { all, limit }) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('grant.list', { limit, openOnly: all !== true }));
  if (context.json) screen.json(answer);
  else if (answer.grants.length === 0) screen.line(say('grant.none'));
  else {
    screen.table([
      [
        say('column.grant'),
        say('column.state'),
        say('column.form'),
        say('column.device'),
        say('column.service'),
        say('column.incident'),
        say('column.recipient'),
        say('column.ground'),
        say('column.until'),
      ],
      ...answer.grants.map((grant) => [
        grant.id,
        word(grantEndWords, grant.end?.reason ?? 'open', context),
        word(grantFormWords, grant.form, context),
        `${grant.device}/${grant.channel}`,
        grant.request.service,
        grant.request.incident,
        `${grant.request.recipient.agency} ${grant.request.recipient.person}`,
        grant.request.ground,
        timeText(grant.end?.at ?? grant.until),
      ]),
    ]);
  }
  return exits.done;
};

export const grantRevokeVerb: Verb<{ readonly reason: string }> = async (context, { reason }, id) => {
  const answer = await withGateway(context, (client) => client.call('grant.revoke', { id, reason }));
  if (context.json) context.screen.json({ id, ...answer });
  else context.screen.line(context.say(answer.revoked ? 'grant.revoked' : 'grant.ended', { id }));
  return exits.done;
};
