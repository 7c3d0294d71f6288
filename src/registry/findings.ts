// What was found on the networks of the site: kept with its times, recognised, followed where a camera has certainly moved, and proposed where a person must decide.
import type { Env } from '#base';
import { type DeviceIdentity, type Finding, tellingSerial } from '#model';
import type { Store } from '#store';
import { registryFaults } from './errors.ts';
import type { BrokenLook, FindingsProcedures, NewProposal } from './finding-tables.ts';
import type { KeptFinding, Proposal } from './kept.ts';
import { placeOf, type Recognised, recognise } from './recognise.ts';
import type { Registry } from './registry.ts';

/** What came of a look around. */
export interface Noted {
  readonly findings: readonly KeptFinding[];
  /** Ids of the devices whose address was changed. */
  readonly followed: readonly string[];
  readonly proposed: readonly Proposal[];
}

/** The findings. All changes are durable when they resolve; what rejects, rejects with the store's faults. */
export interface Findings {
  /** Keeps the findings of a look, one for each camera. `follow`: whether a certain move is done at once, or only proposed. */
  note(findings: readonly Finding[], options: { readonly follow: boolean }): Promise<Noted>;
  list(): Promise<readonly KeptFinding[]>;
  /** The open ones, oldest first. */
  proposals(): Promise<readonly Proposal[]>;
  /** Whether what a registered camera says of itself is another camera's; then a person is asked, and nothing is changed. */
  identified(id: string, identity: DeviceIdentity): Promise<boolean>;
  /** Does what is proposed, with its inventory entry, and closes it. @throws registry.no-proposal, registry.unknown */
  accept(id: number, by: string): Promise<Proposal>;
  /** Closes it; the same is not proposed again. @throws registry.no-proposal */
  refuse(id: number, by: string): Promise<Proposal>;
  forget(device: string): Promise<void>;
  keepLook(look: BrokenLook | undefined): Promise<void>;
  brokenLook(): Promise<BrokenLook | undefined>;
}

/** What it needs of its neighbours. */
export interface FindingsDeps {
  readonly store: Store;
  readonly registry: Registry;
  /** Ids of the cameras that answer at their registered address right now. */
  online(): ReadonlySet<string>;
  /** Whether something answers there, though perhaps not as itself: then it is not followed by itself. */
  answers?(device: string): boolean;
  /** Hears of each proposal when it is made, and when it is decided. */
  asked(proposal: Proposal, state: 'open' | 'decided'): Promise<void>;
}

const batchRows = 500;

/** Opens the findings; nothing is kept in memory between calls. */
export function openFindings({ store, registry, online, answers, asked }: FindingsDeps, env: Env): Findings {
  const calls = store.procedures<FindingsProcedures>('findings', { reserved: true });
  const list = async (): Promise<readonly KeptFinding[]> => {
    const all: KeptFinding[] = [];
    for (let after = ''; ; ) {
      const page = await calls.page(after);
      all.push(...page);
      const last = page.at(-1);
      if (!last) return all;
      after = last.key;
    }
  };
  const follow = async (recognised: Recognised): Promise<void> => {
    await registry.update(recognised.device, { address: recognised.finding.address });
    env.log.info({ device: recognised.device, address: recognised.finding.address }, 'a camera has moved and is followed');
  };
  /** From now on the device is what stands there; what it was before is nobody's. */
  const settle = async ({ device, after }: Proposal): Promise<void> => {
    const rows = (await list()).filter((row) => row.device === device);
    const here = (row: KeptFinding): boolean => row.meaning !== 'known' && placeOf(row.address) === placeOf(after.address);
    const ours = rows.find(here);
    await calls.put(rows.map((row) => (row === ours ? { ...row, meaning: 'known' } : { ...row, meaning: 'new', device: '' })));
  };
  const close = async (id: number, state: 'accepted' | 'refused', by: string): Promise<Proposal> => {
    const decided = await calls.decide({ id, state, by });
    if (!decided) throw registryFaults.fault('no-proposal', { detail: String(id) });
    await asked(decided, 'decided');
    return decided;
  };
  const propose = async (proposal: NewProposal): Promise<Proposal | undefined> => {
    const made = await calls.propose(proposal);
    if (made) await asked(made, 'open');
    return made;
  };
  // One look after another: two that recognise at once would not know of each other's rows.
  let last: Promise<unknown> = Promise.resolve();
  const note: Findings['note'] = async (findings, { follow: mayFollow }) => {
    const kept = await list();
    const now = env.clock.now();
    const present = online();
    const known = { devices: registry.list('camera'), kept, isOnline: (id: string) => present.has(id) };
    const recognised = recognise(findings, known);
    const firstSeen = new Map(kept.map((row) => [row.key, row.firstSeen]));
    const rows = recognised.map(({ finding, key, meaning, device }) => ({
      ...finding,
      key,
      meaning,
      device,
      firstSeen: firstSeen.get(key) ?? now,
      lastSeen: now,
    }));
    for (let at = 0; at < rows.length; at += batchRows) await calls.put(rows.slice(at, at + batchRows));
    const followed: string[] = [];
    const proposed: Proposal[] = [];
    for (const one of recognised) {
      if (one.act === 'none') continue;
      if (one.act === 'follow' && mayFollow && !answers?.(one.device)) {
        await follow(one);
        followed.push(one.device);
        continue;
      }
      const proposal = proposalOf(one, registry);
      const made = proposal && (await propose(proposal));
      if (made) proposed.push(made);
    }
    return { findings: rows, followed, proposed };
  };
  return {
    list,
    note(findings, options) {
      const noted = last.then(() => note(findings, options));
      last = noted.catch(() => {});
      return noted;
    },
    proposals: () => calls.proposals(),
    async identified(id, identity) {
      const known = registry.find(id);
      if (!known || !isAnother(known.identity, identity)) return false;
      const { address } = known;
      const after = { address, identity, mac: identity.mac ?? '', endpoint: '' };
      await propose({ kind: 'replaced', device: id, before: { address, identity: known.identity }, after });
      return true;
    },
    async accept(id, by) {
      const proposal = (await calls.proposals()).find((one) => one.id === id);
      if (!proposal) throw registryFaults.fault('no-proposal', { detail: String(id) });
      const { address, identity, mac } = proposal.after;
      const patch = proposal.kind === 'moved' ? { address } : { address, identity: mac === '' ? identity : { ...identity, mac } };
      await registry.update(proposal.device, patch);
      await settle(proposal);
      return close(id, 'accepted', by);
    },
    refuse: (id, by) => close(id, 'refused', by),
    forget: (device) => calls.forget(device),
    keepLook: (look) => calls.keepLook(look),
    brokenLook: () => calls.brokenLook(),
  };
}

/** By serial; where one of them tells none, by MAC. */
function isAnother(before: DeviceIdentity, now: DeviceIdentity): boolean {
  const [old, fresh] = [tellingSerial(before), tellingSerial(now)];
  if (old !== '' && fresh !== '') return old !== fresh;
  return before.mac !== undefined && now.mac !== undefined && before.mac !== now.mac;
}

function proposalOf({ finding, device, act }: Recognised, registry: Registry): NewProposal | undefined {
  const known = registry.find(device);
  if (!known) return undefined;
  const { address, identity, mac, endpoint } = finding;
  const before = { address: known.address, identity: known.identity };
  return { kind: act === 'replaced' ? 'replaced' : 'moved', device, before, after: { address, identity, mac, endpoint } };
}
