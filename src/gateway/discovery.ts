// The story of looking for cameras: asked for, by calendar, or when a camera says Hello; what is found is kept, followed, proposed, and registered when asked.
import type { Access } from '#access';
import { BongsuError, type Env, messageOf, type Service, schedule, type Text } from '#base';
import type { Cameras } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Finding } from '#model';
import type { Findings, KeptFinding, Proposal, Registry } from '#registry';
import { enrol, register } from './enrolment.ts';
import { faults } from './faults.ts';
import type { Intake } from './intake.ts';
import { withRegistered } from './registered.ts';

/** What the story needs. */
export interface DiscoveryDeps {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly findings: Findings;
  readonly registry: Registry;
}

/** `cameras.discovery`, as far as the story needs it. */
export interface DiscoveryRules {
  readonly ranges: readonly string[];
  readonly schedule?: string | undefined;
  readonly follow: boolean;
  readonly listen: boolean;
}

/** The story's handlers and its services. */
export interface DiscoveryStory {
  readonly handlers: Pick<ControlHandlers, 'discover.look' | 'discover.list' | 'discover.proposals' | 'discover.decide'>;
  readonly services: readonly Service[];
}

type LookAround = ReturnType<Cameras['discovery']['lookAround']>;
type Item = Result<'discover.look'>;
type Outcome = Omit<Extract<Item, { summary: unknown }>['summary'], 'usable'> & { readonly kept: readonly KeptFinding[] };

const progressEveryMs = 500;
const keepEveryMs = 5000;
const helloEveryMs = 3000;
const maxHellos = 5000;

/** Opens the story; nothing is sent before something is asked for, due, or heard. */
export function openDiscoveryStory(rules: DiscoveryRules, deps: DiscoveryDeps, env: Env): DiscoveryStory {
  const { access, cameras, findings } = deps;
  const scheduled = async (signal: AbortSignal): Promise<void> => {
    const look = cameras.discovery.lookAround({ ranges: rules.ranges, multicast: true, from: 0 }, () => {}, signal);
    const { kept, ...outcome } = await finish(look, rules, deps, env, signal);
    env.log.info({ ...outcome, kept: kept.length }, 'the scheduled look for cameras has ended');
  };
  return {
    handlers: {
      'discover.look': (input, context) => lookForAsker(input, context, rules, deps, env),
      async *'discover.list'() {
        yield* withRegistered(await findings.list(), deps);
      },
      'discover.proposals': async () => ({ proposals: await findings.proposals() }),
      async 'discover.decide'({ id, accept }, { origin }) {
        const proposal = accept ? await findings.accept(id, origin) : await findings.refuse(id, origin);
        const detail = `${proposal.kind} ${proposal.before.address} > ${proposal.after.address} ${proposal.after.identity.serial}`;
        await access.account({ act: accept ? 'discover.accept' : 'discover.refuse', by: origin, subject: proposal.device, detail });
        // What stands there now is asked who it is; it may be off today.
        cameras.refresh(proposal.device, new AbortController().signal).catch(() => {});
        return { proposal };
      },
    },
    services: [
      ...(rules.schedule === undefined ? [] : [schedule([{ name: 'look for cameras', at: rules.schedule, act: scheduled }], env)]),
      ...(rules.listen ? [hearGreetings(rules, deps, env)] : []),
    ],
  };
}

const replaced: Text = {
  ko: '등록된 카메라 자리에 다른 카메라가 있거나 주소가 바뀌었습니다. `bongsu discover --proposals`로 확인하고 결정하십시오.',
  en: 'Another camera stands in the place of the registered one, or it has moved. Look and decide: `bongsu discover --proposals`.',
};
const decided: Text = { ko: '카메라 교체·이동 여부를 결정했습니다', en: 'It is decided which camera this is' };

/** A proposal stands as a condition of its camera until a person has decided. */
export function tellProposal(intake: Intake, env: Env): (proposal: Proposal, state: 'open' | 'decided') => Promise<void> {
  return async ({ device, kind, after }, state) =>
    intake.condition({
      device,
      channel: 'discovery',
      kind: 'camera-replaced',
      severity: 'minor',
      state: state === 'open' ? 'raised' : 'cleared',
      time: env.clock.now(),
      message: state === 'open' ? replaced : decided,
      detail:
        state === 'open'
          ? `${kind} ${after.address} ${after.identity.maker} ${after.identity.model} ${after.identity.serial}`.slice(0, 200)
          : '',
    });
}

/** Tells what is found as it is found. What was found is kept also when the asker leaves: then the look ends early and can be resumed. */
async function* lookForAsker(
  input: Input<'discover.look'>,
  { origin, signal }: CallContext,
  rules: DiscoveryRules,
  deps: DiscoveryDeps,
  env: Env,
): AsyncGenerator<Item> {
  const broken = input.resume ? await deps.findings.brokenLook() : undefined;
  if (input.resume && !broken) throw faults.fault('no-broken-look');
  const request = { multicast: input.multicast, ranges: broken?.ranges ?? input.ranges, from: broken?.resumeAt ?? 0 };
  const fresh: Finding[] = [];
  const look = deps.cameras.discovery.lookAround(request, (finding) => fresh.push(finding), signal);
  await deps.access.account({ act: 'discover.look', by: origin, subject: 'gateway', detail: look.ranges.join(' ').slice(0, 200) });
  const finished = finish(look, rules, deps, env, signal);
  finished.catch((error: unknown) => env.log.error({ error: messageOf(error) }, 'what was found could not be kept'));
  let found = 0;
  for (let outcome: Outcome | undefined; !outcome && !signal.aborted; ) {
    outcome = await Promise.race([finished, pause(progressEveryMs, env, signal)]);
    found += fresh.length;
    for (const finding of withRegistered(fresh.splice(0), deps)) yield { found: finding };
    const { total, done } = look.progress();
    yield { progress: { total, done, found } };
  }
  if (signal.aborted) return;
  const { kept, ...summary } = await finished;
  for (const one of withRegistered(kept, deps)) yield { kept: one };
  const asker = { ...deps, by: origin, signal };
  if (input.add) yield* input.login ? enrol(kept, input.login, asker) : register(kept, asker);
  const usable = withRegistered(kept, deps).filter(({ problems }) => problems.length === 0).length;
  yield { summary: { ...summary, usable } };
}

/** Waits for the end of a look, remembering every now and then how far it is, and keeps what was found. */
async function finish(
  look: LookAround,
  rules: DiscoveryRules,
  { findings }: Pick<DiscoveryDeps, 'findings'>,
  env: Env,
  signal: AbortSignal,
): Promise<Outcome> {
  const startMs = env.clock.monotonicMs();
  const ended = look.done.then(() => true);
  const keep = (): Promise<void> => findings.keepLook({ ranges: look.ranges, resumeAt: look.progress().resumeAt });
  while (!(await Promise.race([ended, pause(keepEveryMs, env, signal)]))) if (!signal.aborted) await keep();
  const { total, done } = look.progress();
  const complete = !signal.aborted && done === total;
  if (complete) await findings.keepLook(undefined);
  else await keep();
  const merged = look.merged();
  const noted = await findings.note(merged, rules);
  return {
    addresses: total,
    found: merged.length,
    followed: noted.followed,
    proposals: noted.proposed.length,
    seconds: (env.clock.monotonicMs() - startMs) / 1000,
    complete,
    kept: noted.findings,
  };
}

function pause(ms: number, env: Env, signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return env.clock.sleep(ms).then(() => undefined);
  return env.clock.sleep(ms, signal).then(
    () => undefined,
    () => undefined,
  );
}

/** Cameras that say Hello are kept some seconds later, many at a time: after a power failure all of them come at once. */
function hearGreetings(rules: DiscoveryRules, { cameras, findings }: DiscoveryDeps, env: Env): Service {
  let came: Finding[] = [];
  const ear = cameras.discovery.listen({
    came(finding) {
      if (came.length < maxHellos) came.push(finding);
    },
  });
  const keep = async (): Promise<void> => {
    if (came.length === 0) return;
    const batch = [...new Map(came.map((finding) => [finding.address, finding])).values()];
    came = [];
    const { followed, proposed } = await findings.note(batch, rules);
    env.log.info({ said: batch.length, followed: followed.length, proposed: proposed.length }, 'cameras said Hello');
  };
  return {
    name: ear.name,
    async run(signal) {
      const hearing = ear.run(signal);
      while (!signal.aborted) {
        await pause(helloEveryMs, env, signal);
        await keep().catch((error: unknown) => {
          if (!(error instanceof BongsuError)) throw error;
          env.log.warn({ error: messageOf(error) }, 'cameras that said Hello could not be kept');
        });
      }
      await hearing;
    },
  };
}
