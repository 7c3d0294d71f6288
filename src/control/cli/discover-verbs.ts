// The verb `discover`: a live table of what is found, why it cannot be used, what it means, and the decisions that a person takes.
import type { Asked, Result } from '../contract.ts';
import { findingMeaningWords, findingProblemWords } from '../messages/discovery.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { credentialAuditVerb } from './credential-verbs.ts';
import { padded, printable } from './screen.ts';
import { type LoginOptions, readLogin } from './secret-file.ts';
import { ageText, orDash, textIn, timeText, word } from './words.ts';

type Item = Result<'discover.look'>;
type Finding = Extract<Item, { found: unknown }>['found'];
type Kept = Result<'discover.list'>;
type Proposal = Result<'discover.proposals'>['proposals'][number];

/** Options of `discover`. */
export interface DiscoverOptions extends LoginOptions {
  readonly list?: boolean;
  readonly resume?: boolean;
  readonly multicast: boolean;
  readonly add?: boolean;
  readonly sets?: boolean;
  readonly auditDefaults?: boolean;
  readonly proposals?: boolean;
  readonly accept?: number;
  readonly refuse?: number;
}

export const discoverVerb: Verb<DiscoverOptions> = async (context, options, argument) => {
  const { list, proposals, accept, refuse } = options;
  const ranges = argument === '' ? [] : argument.split(' ');
  const asked = [list, proposals, accept, refuse].filter((option) => option !== undefined).length;
  if (asked > 1 || (asked === 1 && ranges.length > 0)) throw new UsageFault(context.say('usage.discoverOne'));
  if (list === true) return listFindings(context);
  if (proposals === true) return listProposals(context);
  if (accept !== undefined) return decide(context, accept, true);
  if (refuse !== undefined) return decide(context, refuse, false);
  return look(context, options, ranges);
};

async function look(context: VerbContext, options: DiscoverOptions, ranges: readonly string[]): Promise<number> {
  const { resume, multicast, add, sets } = options;
  if ((add === true) !== (options.user !== undefined || sets === true)) throw new UsageFault(context.say('usage.discoverAdd'));
  const login = await readLogin(context, options);
  const asked: Asked<'discover.look'> = { ranges: [...ranges], multicast, resume, add, login };
  const show = context.json ? (item: Item): void => context.screen.json(item) : openTable(context);
  let summary: Extract<Item, { summary: unknown }>['summary'] | undefined;
  await withGateway(context, async (client) => {
    for await (const item of client.follow('discover.look', asked, context.io.signal)) {
      show(item);
      if ('summary' in item) ({ summary } = item);
    }
  });
  context.screen.progress('');
  if (summary && options.auditDefaults === true) await credentialAuditVerb(context, { defaults: true }, '');
  if (!summary && !context.json) context.screen.complain(context.say('discover.brokenOff'));
  return summary?.complete === true ? exits.done : exits.failed;
}

const widths = [22, 30, 18, 18] as const;

/** Rows as they come, the progress below them, what it all means at the end. */
function openTable(context: VerbContext): (item: Item) => void {
  const { say, screen } = context;
  const kept = new Map<string, Kept>();
  let rows = 0;
  return (item) => {
    if ('progress' in item) screen.progress(progressText(item.progress, context));
    else if ('found' in item) {
      if (rows === 0)
        screen.line(rowText([say('column.address'), say('column.model'), say('column.name'), say('column.mac'), say('column.state')]));
      rows += 1;
      screen.line(rowText(foundCells(item.found, context)));
    } else if ('kept' in item) kept.set(item.kept.address, item.kept);
    else if ('added' in item) {
      screen.line(say('discover.added', item.added));
      const one = kept.get(item.added.address);
      if (one) kept.set(one.address, { ...one, problems: one.problems.filter((problem) => problem !== 'needs-password') });
    } else if ('notAdded' in item) {
      const { address, message, hint } = item.notAdded;
      screen.line(say('discover.notAdded', { address, why: textIn(message, context), hint: textIn(hint, context) }));
    } else printSummary(item.summary, [...kept.values()], context);
  };
}

function progressText({ total, done, found }: Extract<Item, { progress: unknown }>['progress'], { say }: VerbContext): string {
  if (total === 0) return say('discover.listening', { found });
  return say('discover.progress', { percent: Math.floor((100 * done) / total), total, found });
}

function rowText(cells: readonly string[]): string {
  return cells
    .map((cell, at) => padded(printable(cell), widths[at] ?? 0))
    .join('  ')
    .trimEnd();
}

function cellsOf(finding: Omit<Finding, 'device'>, context: VerbContext): readonly string[] {
  const { address, identity, name, mac } = finding;
  const model = [identity.maker, identity.model].filter((part) => part !== '').join(' ');
  return [address, orDash(model), orDash(name), orDash(mac), stateText(finding, context)];
}

/** Of a registered camera its id. */
function foundCells(found: Finding, context: VerbContext): readonly string[] {
  const cells = cellsOf(found, context);
  if (!found.device) return cells;
  const state = cells.at(-1) ?? '';
  return [...cells.slice(0, -1), context.say('discover.registered', { id: found.device, state })];
}

function stateText({ problems, clockOffsetMs }: Pick<Finding, 'problems' | 'clockOffsetMs'>, context: VerbContext): string {
  if (problems.length === 0) return context.say('discover.usable');
  const told = problems.map((problem) => {
    if (problem !== 'clock-wrong' || clockOffsetMs === undefined) return findingProblemWords[problem].what[context.language];
    return context.say('discover.clockOff', { offset: ageText(Math.abs(clockOffsetMs), context) });
  });
  return told.join(', ');
}

function printSummary(summary: Extract<Item, { summary: unknown }>['summary'], kept: readonly Kept[], context: VerbContext): void {
  const { say, screen, language } = context;
  screen.progress('');
  if (summary.found === 0) screen.line(say('discover.none'));
  screen.line('');
  screen.line(
    say(summary.addresses === 0 ? 'discover.summaryHeard' : 'discover.summary', {
      ...summary,
      seconds: Math.round(summary.seconds * 10) / 10,
    }),
  );
  const count = (meaning: Kept['meaning']): number => kept.filter((one) => one.meaning === meaning).length;
  screen.line(say('discover.meanings', { fresh: count('new'), known: count('known'), moved: count('moved'), replaced: count('replaced') }));
  for (const [problem, { what, hint }] of Object.entries(findingProblemWords)) {
    const n = kept.filter(({ problems }) => problems.some((one) => one === problem)).length;
    if (n > 0) screen.line(say('discover.why', { n, what: what[language], hint: hint[language] }));
  }
  if (summary.followed.length > 0) screen.line(say('discover.followed', { ids: summary.followed.slice(0, 20).join(', ') }));
  if (summary.proposals > 0) screen.line(say('discover.proposed', { n: summary.proposals }));
  if (!summary.complete) screen.complain(say('discover.brokenOff'));
}

async function listFindings(context: VerbContext): Promise<number> {
  const { say, screen, io } = context;
  const kept: Kept[] = [];
  await withGateway(context, async (client) => {
    for await (const item of client.follow('discover.list', {}, io.signal)) {
      if (context.json) screen.json(item);
      else kept.push(item);
    }
  });
  if (context.json) return exits.done;
  if (kept.length === 0) screen.line(say('discover.none'));
  else {
    const heading = [
      say('column.address'),
      say('column.model'),
      say('column.name'),
      say('column.mac'),
      say('column.state'),
      say('column.meaning'),
      say('column.device'),
      say('column.lastSeen'),
    ];
    const rows = kept.map((one) => [
      ...cellsOf(one, context),
      word(findingMeaningWords, one.meaning, context),
      orDash(one.device),
      timeText(one.lastSeen),
    ]);
    screen.table([heading, ...rows]);
  }
  return exits.done;
}

async function listProposals(context: VerbContext): Promise<number> {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('discover.proposals', {}));
  if (context.json) screen.json(answer);
  else if (answer.proposals.length === 0) screen.line(say('discover.noProposal'));
  else
    screen.table([
      [say('column.number'), say('column.device'), say('column.reason'), say('column.before'), say('column.after'), say('column.time')],
      ...answer.proposals.map((one) => [
        String(one.id),
        one.device,
        say(one.kind === 'replaced' ? 'discover.proposalReplaced' : 'discover.proposalMoved'),
        sideText(one.before),
        sideText(one.after),
        timeText(one.time),
      ]),
    ]);
  return exits.done;
}

function sideText({ address, identity }: Proposal['before']): string {
  return [address, identity.maker, identity.model, identity.serial].filter((part) => part !== '').join(' ');
}

async function decide(context: VerbContext, id: number, accept: boolean): Promise<number> {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('discover.decide', { id, accept }));
  if (context.json) screen.json({ ...answer, accepted: accept });
  else screen.line(accept ? say('discover.accepted', { id, device: answer.proposal.device }) : say('discover.refused', { id }));
  return exits.done;
}
