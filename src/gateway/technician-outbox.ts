// The technician's story of outbox and store: dead letters, copies of the file, and the history as lines. What a person does is on the audit before it is done.
import type { Access } from '#access';
import type { Alarms } from '#alarms';
import type { Env } from '#base';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { DeadLetter, Outbox, OutboxStats } from '#outbox';
import type { BackupProgress, Store } from '#store';
import { explainRefusal } from '#uplink';
import { faults } from './faults.ts';
import { timeOf } from './moment.ts';

/** What these handlers reach. */
export interface TechnicianOutboxDeps {
  readonly access: Pick<Access, 'account'>;
  readonly alarms: Pick<Alarms, 'transitions'>;
  readonly outbox: Pick<Outbox, 'dead' | 'dropDead' | 'retryDead' | 'stats'>;
  readonly store: Pick<Store, 'backup'>;
}

/** The operations that begin with `outbox.`. */
export type OutboxHandlers = Pick<ControlHandlers, Extract<keyof ControlHandlers, `outbox.${string}`>>;

/** Letters that one step of an act takes. */
const page = 1000;
/** Letters that `all` takes at once; the rest is for the next call. */
const mostAtOnce = 10_000;
/** Rows that an export reads between two alarms that may wait. */
const exportPage = 200;
const progressEveryMs = 500;

/** One handler for each operation. */
export function openTechnicianOutbox(deps: TechnicianOutboxDeps, env: Env): OutboxHandlers {
  const { access, alarms, outbox } = deps;
  return {
    'outbox.status': async () => viewOutbox(await outbox.stats()),
    'outbox.dead': async (filter) => ({ letters: (await outbox.dead(filter)).map(viewLetter) }),
    'outbox.dead-show': async ({ id }) => {
      const [letter] = await outbox.dead({ after: id - 1, limit: 1 });
      if (letter?.id !== id) throw faults.fault('letter-unknown', { detail: String(id) });
      return { letter: viewLetter(letter), value: letter.body ? letter.body.value : letter.value };
    },
    'outbox.dead-retry': ({ ids }, context) =>
      decideLetters({ ids, act: 'outbox.dead-retry', reason: '', ...context }, { access, outbox }, (some) => outbox.retryDead(some)),
    'outbox.dead-drop': ({ ids, reason }, context) =>
      decideLetters({ ids, act: 'outbox.dead-drop', reason, ...context }, { access, outbox }, (some) =>
        outbox.dropDead(some, reason, context.origin),
      ),
    'outbox.backup': (input, context) => backUp(input, context, deps, env),
    'outbox.export': ({ from, to }, { signal }) => {
      const now = env.clock.now();
      return exportTransitions({ from: timeOf(from, now), to: timeOf(to, now) }, signal, alarms);
    },
  };
}

/** The outbox as the socket shows it. */
function viewOutbox({ entries, sizeBytes, destinations }: OutboxStats): Result<'outbox.status'> {
  return { entries, sizeBytes, destinations: destinations.map(({ name, ...rest }) => ({ destination: name, ...rest })) };
}

function viewLetter({ body, value: _, ...rest }: DeadLetter): Result<'outbox.dead'>['letters'][number] {
  const isAbout = body?.class === 'alarm' || body?.class === 'condition';
  const about = isAbout ? `${body.value.kind} ${body.value.device}/${body.value.channel}` : '';
  return { ...rest, ...explainRefusal(rest.code), about };
}

interface Deciding extends CallContext {
  readonly ids: Input<'outbox.dead-retry'>['ids'];
  readonly act: string;
  readonly reason: string;
}

/** Acts on the letters there are, page by page, each page on the audit first. @throws gateway.letter-unknown */
async function decideLetters(
  { ids, act, reason, origin, signal }: Deciding,
  { access, outbox }: Pick<TechnicianOutboxDeps, 'access' | 'outbox'>,
  decide: (ids: readonly number[]) => Promise<number>,
): Promise<{ count: number }> {
  const found = ids === 'all' ? await allLetters(outbox) : await lettersOf(ids, outbox);
  if (ids !== 'all' && found.length === 0) throw faults.fault('letter-unknown', { detail: ids.join(', ') });
  let count = 0;
  for (let at = 0; at < found.length && !signal.aborted; at += page) {
    const some = found.slice(at, at + page);
    const detail = [reason, `${some.length}: ${rangesText(some)}`].filter((part) => part !== '').join('; ');
    await access.account({ act, by: origin, subject: 'outbox', detail });
    count += await decide(some);
  }
  return { count };
}

async function allLetters(outbox: Pick<Outbox, 'dead'>): Promise<readonly number[]> {
  const ids: number[] = [];
  while (ids.length < mostAtOnce) {
    const letters = await outbox.dead({ after: ids.at(-1) ?? 0, limit: page });
    ids.push(...letters.map(({ id }) => id));
    if (letters.length < page) break;
  }
  return ids;
}

async function lettersOf(ids: readonly number[], outbox: Pick<Outbox, 'dead'>): Promise<readonly number[]> {
  const found: number[] = [];
  for (const id of new Set(ids)) if ((await outbox.dead({ after: id - 1, limit: 1 })).some((letter) => letter.id === id)) found.push(id);
  return found.toSorted((one, other) => one - other);
}

/** `1-3, 7` of ascending numbers. */
function rangesText(ids: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const id of ids) {
    const last = ranges.at(-1);
    if (last?.to === id - 1) last.to = id;
    else ranges.push({ from: id, to: id });
  }
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}

/** Tells how far it is twice a second, the newest word alone, and the end. A copy that is under way goes on when the asker leaves. */
async function* backUp(
  { path }: Input<'outbox.backup'>,
  { origin, signal }: CallContext,
  { access, store }: Pick<TechnicianOutboxDeps, 'access' | 'store'>,
  env: Env,
): AsyncGenerator<Result<'outbox.backup'>> {
  await access.account({ act: 'outbox.backup', by: origin, subject: 'store', detail: path });
  let progress: BackupProgress | undefined;
  const done = store.backup(path, (now) => {
    progress = now;
  });
  done.then(
    ({ bytes }) => env.log.info({ path, bytes, by: origin }, 'a backup is made'),
    () => {}, // the asker hears it
  );
  const pause = (): Promise<undefined> =>
    env.clock.sleep(progressEveryMs, signal).then(
      () => undefined,
      () => undefined,
    );
  while (!signal.aborted) {
    const made = await Promise.race([done, pause()]);
    if (made) {
      yield { path, bytes: made.bytes };
      return;
    }
    if (progress) yield progress;
    progress = undefined;
  }
}

/** Transitions in the order of their commits, up to the newest of now, as far as they happened in the range. */
async function* exportTransitions(
  {
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  }: { readonly from?: number | undefined; readonly to?: number | undefined },
  signal: AbortSignal,
  alarms: Pick<Alarms, 'transitions'>,
): AsyncGenerator<Result<'outbox.export'>> {
  const end = (await alarms.transitions(undefined, 1)).at(-1)?.row ?? 0;
  for (let row = 0; row < end && !signal.aborted; ) {
    const rows = await alarms.transitions(row, exportPage);
    for (const item of rows) if (item.row <= end && item.transition.time >= from && item.transition.time < to) yield item;
    row = rows.at(-1)?.row ?? end;
  }
}
