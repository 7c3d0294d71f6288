// Lawful access: decides, records before it answers, and keeps the remaining time of grants on the clock that cannot be set.
import { createHash } from 'node:crypto';
import type { Env, Text } from '#base';
import { uuidv7 } from '#base';
import type { Grant, GrantEnd, StreamOffer } from '#model';
import type { Store } from '#store';
import { type Line, type LineUse, openAdmission, type Preempted } from './admission.ts';
import { cleanText } from './claims.ts';
import { type AccessAsk, decide, decideExtension, type Refusal, refuse } from './decide.ts';
import { type LedgerRow, ledgerRowOf, refusedRow } from './ledger.ts';
import type { AccessOptions } from './options.ts';
import { wordsOf } from './refusals.ts';
import type { AccessProcedures, GrantFilter } from './tables.ts';
import { type Verification, verifyChain } from './verify.ts';

/** What became of a request. The token is in nobody's store: whoever has it may look until the end. */
export type Decision =
  | {
      readonly granted: true;
      readonly grant: Grant;
      readonly token: string;
      readonly remainingMs: number;
      /** Who gives way to it: the caller cuts them, and ends their grants, before the stream begins. */
      readonly preempted: readonly Preempted[];
    }
  | Refusal;

/** What became of an extension; the token stays. */
export type Extension = { readonly granted: true; readonly grant: Grant; readonly remainingMs: number } | Refusal;

/** A new end for a grant. */
export interface ExtensionRequest {
  /** Wall milliseconds of the asker's clock. */
  readonly until: number;
  readonly origin: string;
  readonly commandId: string;
  /** As in `AccessAsk`. */
  readonly issuedAt?: number;
}

/** A reader came or went. */
export interface SessionStep {
  readonly step: 'opened' | 'closed';
  /** Address of the reader. */
  readonly peer: string;
  /** Wall milliseconds. */
  readonly at: number;
  /** What was sent, in words: `12,034 packets`. */
  readonly detail?: string;
}

/** The gateway itself looked at a picture, whose frames stay in memory. */
export interface OwnLook {
  /** `frame-probe`, `pre-warm`, `camera-test`. */
  readonly look: string;
  readonly device: string;
  readonly channel: number;
  /** `gateway` or `cli:USER`. */
  readonly by: string;
}

/** What a person did that shows no picture, and is to be accounted for all the same. */
export interface PersonalAct {
  /** `alarm.acknowledge`, `device.maintenance` … */
  readonly act: string;
  /** The device, with its channel. */
  readonly subject: string;
  /** `cli:USER (claimed)` or `hub:PERSON`. */
  readonly by: string;
  /** What was said about it. */
  readonly detail: string;
}

/** A refusal as the ledger has it. */
export interface LastRefusal {
  /** Wall milliseconds. */
  readonly at: number;
  readonly service: string;
  /** `access.line-full` and the like. */
  readonly reason: string;
  readonly text: Text;
  readonly hint: Text;
}

/** An open grant with its time left, which a change of the wall clock does not touch within one start of the daemon. */
export interface OpenGrant extends Grant {
  /** 0 when its end has passed: it is to be ended as expired. */
  readonly remainingMs: number;
}

/**
 * The right to see pictures. Every call that decides or changes has committed its ledger row, its link of the audit chain and its entry before it resolves;
 * it rejects with `store.failed`, `store.full` or `store.closed` when that was not possible, and then nothing may be shown.
 */
export interface Access {
  decide(ask: AccessAsk): Promise<Decision>;
  extend(grant: string, request: ExtensionRequest): Promise<Extension>;
  /** False when it was not open. `by`: `gateway`, a hub connection's name or `cli:USER`; `closed` is for the origin that opened it alone. */
  end(grant: string, reason: GrantEnd, note: string, by?: string, offer?: StreamOffer): Promise<boolean>;
  /** Grants that must go because the line has become narrower, or the pictures larger: the caller cuts and ends them. */
  surplus(): Promise<readonly Preempted[]>;
  lineUse(): LineUse;
  session(grant: string, step: SessionStep): Promise<void>;
  /** The address of the grant was used: the first time stands as its `usedAt`. */
  used(grant: string): Promise<void>;
  /** The newest refusal of a request for this device; undefined when none was ever listed. */
  lastRefusal(device: string): Promise<LastRefusal | undefined>;
  note(look: OwnLook): Promise<void>;
  /** Writes the act on the audit; 600 of one person in a minute are listed one by one, the rest is counted. */
  account(act: PersonalAct): Promise<void>;
  openGrants(): Promise<readonly OpenGrant[]>;
  /** Undefined when no grant of that id is open, or its time is over. */
  openGrant(id: string): Promise<OpenGrant | undefined>;
  list(filter: GrantFilter): Promise<readonly Grant[]>;
  verify(): Promise<Verification>;
}

const sessionsPerMinute = 60;
const looksPerMinute = 600;
const actsPerMinute = 600;

/** What access works with. */
export interface AccessDeps {
  readonly store: Store;
  /** The line that streams share; left out: it is never full. */
  readonly line?: Line;
}

/** Opens access over the store's tables. Holds nothing that is to be closed. */
export function openAccess(options: AccessOptions, deps: AccessDeps, env: Env): Access {
  const procedures = deps.store.procedures<AccessProcedures>('access', { reserved: true });
  const admission = openAdmission(options, { line: deps.line, open: () => procedures.list({ limit: 1000, openOnly: true }) });
  // When grants end on the monotonic clock; never more than the open ones.
  const deadlines = new Map<string, number>();
  // The newest time that the store knows: a clock that is behind it is wrong, and would give grants of before the restart more time than they had.
  let newest: Promise<number> | undefined;
  const learnNewest = async (): Promise<number> => {
    newest ??= procedures.newest();
    try {
      return await newest;
    } catch (error) {
      newest = undefined;
      throw error;
    }
  };
  const remainingMs = (grant: Grant, newestMs = 0): number => {
    const left = Math.min(grant.until - Math.max(env.clock.now(), newestMs), grant.until - grant.openedAt);
    const deadline = deadlines.get(grant.id) ?? env.clock.monotonicMs() + left;
    deadlines.set(grant.id, deadline);
    return Math.max(0, deadline - env.clock.monotonicMs());
  };
  const writeRefusal = async (ledger: LedgerRow, refusal: Refusal): Promise<Refusal> => {
    await procedures.refuse({ ledger: refusedRow(ledger, refusal), limit: options.refusalsPerMinute });
    const { granted, reason, message, text, offer } = refusal;
    return { granted, reason, message, text, ...(offer && { offer }) };
  };
  return {
    async decide(ask) {
      const now = env.clock.now();
      const startMs = env.clock.monotonicMs();
      const verdict = decide(ask, options, now);
      if (!verdict.granted) return writeRefusal(ledgerRowOf(ask, verdict.claims, options, now), verdict);
      const token = env.random.bytes(32).toString('base64url');
      const grant = grantOf(ask, verdict, { id: uuidv7(now, env.random), token, now });
      const claimed = ledgerRowOf(ask, { ...verdict.request, ...verdict.request.recipient }, options, now);
      const ledger = { ...claimed, step: 'granted', grant_id: grant.id, opened_at: now, until: grant.until };
      return admission.inTurn(async () => {
        const room = admission.find(ask, verdict.request.service);
        if (!room.fits) return writeRefusal(claimed, { ...refuse(room.reason, room.detail), offer: room.offer });
        await procedures.open({ grant, ledger });
        admission.take(grant, room.preempted);
        deadlines.set(grant.id, startMs + verdict.remainingMs);
        return { granted: true, grant, token, remainingMs: remainingMs(grant), preempted: room.preempted };
      });
    },
    async extend(id, request) {
      const now = env.clock.now();
      const startMs = env.clock.monotonicMs();
      const { until, origin, commandId, issuedAt } = request;
      const grant = await procedures.find(id);
      const length = decideExtension(grant, { until, origin, issuedAt }, options, now);
      const open = typeof length === 'number' && { id, until: now + length, requestUntil: until, time: now, command: cleanText(commandId) };
      const refusal = typeof length === 'number' ? refuse('grant-unknown') : length;
      if (!open || !(await procedures.extend(open))) return writeRefusal(extensionRow(id, grant, request, options, now), refusal);
      deadlines.set(id, startMs + open.until - now);
      const extended = await procedures.find(id);
      return extended ? { granted: true, grant: extended, remainingMs: remainingMs(extended) } : refusal;
    },
    async end(id, reason, note, by = 'gateway', offer) {
      const end = { id, reason, note: cleanText(note, 300), by: cleanText(by), time: env.clock.now(), ...(offer && { offer }) };
      const ended = await procedures.end(end);
      deadlines.delete(id);
      // One that another has opened stays where it is.
      if (ended || reason !== 'closed') admission.leave(id);
      return ended;
    },
    lineUse: admission.use,
    surplus: () => admission.inTurn(async () => admission.surplus()),
    async session(id, { step, peer, at, detail }) {
      const grant = await procedures.find(id);
      const subject = grant ? `${grant.device}/${grant.channel}` : '';
      const who = grant?.origin ?? '';
      const act = {
        time: at,
        who,
        peer: cleanText(peer),
        subject,
        act: `session.${step}`,
        grant: cleanText(id),
        detail: cleanText(detail ?? ''),
      };
      // Each who looks counts by himself: many visits of one hide no other.
      const address = act.peer.replace(/:\d+$/, '');
      await procedures.note({ act, key: `session|${act.grant} ${address}`, limit: sessionsPerMinute });
    },
    used: (id) => procedures.used({ id, time: env.clock.now() }),
    async lastRefusal(device) {
      const row = await procedures.refusal(cleanText(device));
      return row && { at: row.time, service: row.service, reason: row.reason, ...wordsOf(row.reason) };
    },
    async note({ look, device, channel, by }) {
      const subject = `${cleanText(device)}/${channel}`;
      const act = { time: env.clock.now(), who: cleanText(by), peer: '', subject, act: `look.${cleanText(look)}`, grant: '', detail: '' };
      await procedures.note({ act, key: `look|${cleanText(by)}`, limit: looksPerMinute });
    },
    async account({ act, subject, by, detail }) {
      const who = cleanText(by);
      const row = {
        time: env.clock.now(),
        who,
        peer: '',
        subject: cleanText(subject),
        act: cleanText(act),
        grant: '',
        detail: cleanText(detail, 400),
      };
      await procedures.note({ act: row, key: `act|${who}`, limit: actsPerMinute });
    },
    async openGrants() {
      const [newestMs, grants] = await Promise.all([learnNewest(), procedures.list({ limit: 1000, openOnly: true })]);
      return grants.map((grant) => ({ ...grant, remainingMs: remainingMs(grant, newestMs) }));
    },
    async openGrant(id) {
      const [newestMs, grant] = await Promise.all([learnNewest(), procedures.find(id)]);
      const open = grant && !grant.end ? { ...grant, remainingMs: remainingMs(grant, newestMs) } : undefined;
      return open && open.remainingMs > 0 ? open : undefined;
    },
    list: (filter) => procedures.list(filter),
    verify: () => verifyChain(procedures, env.clock.now()),
  };
}

interface Birth {
  readonly id: string;
  readonly token: string;
  readonly now: number;
}

function grantOf(ask: AccessAsk, verdict: Extract<ReturnType<typeof decide>, { granted: true }>, { id, token, now }: Birth): Grant {
  const { form, device, channel, quality, protocol, network, pushTo, origin } = ask;
  const bounds = {
    ...(protocol !== undefined && { protocol }),
    ...(network !== undefined && { network }),
    ...(pushTo !== undefined && { pushTo }),
  };
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const until = now + verdict.remainingMs;
  return {
    id,
    form,
    device,
    channel,
    quality,
    ...bounds,
    request: verdict.request,
    origin,
    openedAt: now,
    until,
    tokenHash,
    end: undefined,
  };
}

/** The row of a refused extension: what is known of the grant, and what was asked. */
function extensionRow(id: string, grant: Grant | undefined, request: ExtensionRequest, options: AccessOptions, now: number): LedgerRow {
  const { form = 'stream', device = '', channel = 0, quality = 'main' } = grant ?? {};
  const { origin, commandId, until } = request;
  const ask: AccessAsk = { form, device, channel, quality, deviceKnown: true, grant: undefined, origin, commandId, services: [] };
  const claims = grant && { ...grant.request, ...grant.request.recipient, until };
  return { ...ledgerRowOf(ask, claims, options, now), grant_id: cleanText(id), until };
}
