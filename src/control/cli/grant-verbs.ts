// The verbs about grants: list and revoke.
import type { ControlClient } from '../client.ts';
import type { Result } from '../contract.ts';
import { faults } from '../faults.ts';
import { grantEndWords, grantFormWords } from '../messages/words.ts';
import { exits, type Verb, withGateway } from './context.ts';
import { orDash, textIn, timeText, word } from './words.ts';

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
        ...(all ? [say('column.note')] : []),
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
        ...(all ? [grant.end?.text ? textIn(grant.end.text, context) : orDash(grant.end?.note)] : []),
      ]),
    ]);
  }
  return exits.done;
};

export const grantRevokeVerb: Verb<{ readonly reason: string }> = async (context, { reason }, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, async (client) => {
    const { revoked } = await client.call('grant.revoke', { id, reason });
    return revoked ? { revoked } : { revoked, end: await endOf(id, client) };
  });
  if (context.json) screen.json({ id, ...answer });
  else if (!answer.end) screen.line(say('grant.revoked', { id }));
  else screen.line(say('grant.ended', { id, time: timeText(answer.end.at), how: word(grantEndWords, answer.end.reason, context) }));
  return exits.done;
};

type Grant = Result<'grant.list'>['grants'][number];

const pageSize = 1000;
const maxPages = 200;

/** When and how a grant ended, of the newest 200,000. Rejects with `control.grant-unknown`. */
async function endOf(id: string, client: ControlClient): Promise<Grant['end']> {
  let before = Number.MAX_SAFE_INTEGER;
  for (let page = 0; page < maxPages; page += 1) {
    const { grants } = await client.call('grant.list', { limit: pageSize, openOnly: false, before });
    const found = grants.find((grant) => grant.id === id);
    if (found?.end) return found.end;
    const oldest = grants.at(-1)?.openedAt;
    if (found || oldest === undefined || grants.length < pageSize) break;
    // Those of the same millisecond may stand on both pages.
    before = oldest + 1 < before ? oldest + 1 : oldest;
  }
  throw faults.fault('grant-unknown', { detail: id });
}
