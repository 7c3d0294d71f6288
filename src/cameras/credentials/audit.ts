// The audit of factory logins: asked for by a person, one failed login at a camera in a time, and what takes one is quarantined until it takes none.
import { type Env, isAbort, type Login, messageOf, type Service, type Text, withHint } from '#base';
import { type Condition, conditionKinds } from '#model';
import type { Calls } from '#store';
import type { KnowledgeProcedures } from '../knowledge-tables.ts';
import type { LoginGate, Trust } from '../soap/index.ts';
import { factoryLogins } from './factory-logins.ts';

/** A camera that is audited. */
export interface AuditedCamera {
  readonly id: string;
  readonly base: URL;
  readonly maker: string;
  /** Whom its HTTPS is believed. */
  readonly trust: Trust;
  /** The login by which it is heard now; undefined when none is known to be right. */
  readonly login: Login | undefined;
}

/** What became of a camera: `open` wants no login at all. */
export type AuditState = 'waiting' | 'clean' | 'factory-login' | 'open' | 'locked' | 'unreachable';

/** One camera of the audit. */
export interface AuditRow {
  readonly camera: string;
  readonly state: AuditState;
  /** So many logins were tried, of so many. */
  readonly tried: number;
  readonly of: number;
}

/** How one login was answered. */
export type Trial = 'taken' | 'open' | 'refused' | 'held' | 'locked' | 'unreachable';

/** What it needs of its neighbours. */
export interface AuditDeps {
  find(id: string): AuditedCamera | undefined;
  /** Tries one login once; a refusal is durable when it resolves. */
  attempt(camera: AuditedCamera, login: Login, signal: AbortSignal): Promise<Trial>;
  condition(step: Condition): Promise<unknown>;
  readonly knowledge: Calls<KnowledgeProcedures>;
  readonly gate: LoginGate;
}

/** The audit. What is waiting is forgotten with the daemon; what was found is not. */
export interface FactoryAudit {
  readonly service: Service;
  /** Queues cameras; one that is queued stays where it is. How many are new. */
  start(ids: readonly string[]): number;
  rows(): readonly AuditRow[];
  /** Whether the camera took a factory login at the last audit. */
  isQuarantined(id: string): boolean;
  forget(id: string): void;
}

interface Walk extends AuditRow {
  readonly logins: readonly Login[];
}

const lookEveryMs = 1000;
const atOnce = 8;
const maxRows = 10_000;

const taken: Text = withHint(
  {
    ko: '카메라가 제조사 초기 비밀번호를 받거나 비밀번호 없이 열려 있어 격리 표시합니다',
    en: "The camera takes its maker's first password, or none at all, and is quarantined",
  },
  {
    ko: '카메라의 비밀번호를 바꾼 뒤 `bongsu credential audit --defaults`로 다시 점검하십시오.',
    en: 'Change the password on the camera, then audit it again: `bongsu credential audit --defaults`.',
  },
);
const refusedAll: Text = { ko: '카메라가 초기 비밀번호를 받지 않습니다', en: 'The camera takes no factory password' };

/** Opens the audit; nothing is tried before `start` and `service`. */
export function openFactoryAudit(deps: AuditDeps, env: Env): FactoryAudit {
  const walks = new Map<string, Walk>();
  const trying = new Map<string, Promise<void>>();
  const quarantined = new Set<string>();

  const tell = (device: string, state: Condition['state']): Promise<unknown> =>
    deps.condition({
      device,
      channel: '',
      kind: 'factory-login',
      state,
      severity: conditionKinds['factory-login'],
      time: env.clock.now(),
      message: state === 'raised' ? taken : refusedAll,
      detail: '',
    });
  const quarantine = async (device: string, user: string): Promise<void> => {
    await deps.knowledge.keepFactoryLogin({ device, user, at: env.clock.now() });
    quarantined.add(device);
    await tell(device, 'raised');
  };
  const release = async (device: string): Promise<void> => {
    await deps.knowledge.dropFactoryLogin(device);
    quarantined.delete(device);
    await tell(device, 'cleared');
  };
  const end = (walk: Walk, state: AuditState): void => void walks.set(walk.camera, { ...walk, state });
  const step = async (camera: AuditedCamera, walk: Walk, signal: AbortSignal): Promise<void> => {
    const known = walk.logins.find((login) => isSame(login, camera.login));
    if (known) {
      await quarantine(camera.id, known.user);
      return end(walk, 'factory-login');
    }
    const login = walk.logins[walk.tried];
    if (!login) {
      await release(camera.id);
      return end(walk, 'clean');
    }
    const trial = await deps.attempt(camera, login, signal);
    const next = { ...walk, tried: walk.tried + 1 };
    if (trial === 'taken' || trial === 'open') {
      await quarantine(camera.id, trial === 'open' ? '' : login.user);
      return end(next, trial === 'open' ? 'open' : 'factory-login');
    }
    if (trial === 'refused') walks.set(camera.id, next);
    else if (trial !== 'held') end(next, trial);
  };
  const begin = (walk: Walk, signal: AbortSignal): void => {
    const camera = deps.find(walk.camera);
    if (!camera) return void walks.delete(walk.camera);
    // A camera that has refused all of them needs no rest before it is said.
    if (walk.tried < walk.logins.length && deps.gate.quietMs(camera.base.host) > 0) return;
    const work = step(camera, walk, signal)
      .catch((error: unknown) => {
        if (!isAbort(error, signal))
          env.log.error({ camera: walk.camera, error: messageOf(error) }, 'an audit of factory logins failed; trying again');
      })
      .finally(() => trying.delete(walk.camera));
    trying.set(walk.camera, work);
  };
  /** Whether the store has said which cameras are quarantined. While it does not answer it writes no ledger, and no picture leaves. */
  const recall = async (): Promise<boolean> => {
    try {
      for (const { device } of await deps.knowledge.factoryLogins()) quarantined.add(device);
      return true;
    } catch (error) {
      env.log.warn({ error: messageOf(error) }, 'factory logins that were found wait for the store');
      return false;
    }
  };
  return {
    service: {
      name: 'audit of factory logins',
      async run(signal) {
        let isRecalled = false;
        while (!signal.aborted) {
          if (!isRecalled) isRecalled = await recall();
          for (const walk of walks.values()) {
            if (trying.size >= atOnce) break;
            if (walk.state === 'waiting' && !trying.has(walk.camera)) begin(walk, signal);
          }
          await env.clock.sleep(lookEveryMs, signal).catch(() => {});
        }
        await Promise.all(trying.values());
      },
    },
    start(ids) {
      const fresh = ids.filter((id) => walks.get(id)?.state !== 'waiting').slice(0, maxRows);
      for (const id of fresh) {
        const camera = deps.find(id);
        if (!camera) continue;
        const logins = factoryLogins(camera.maker);
        walks.set(id, { camera: id, state: 'waiting', tried: 0, of: logins.length, logins });
      }
      return fresh.filter((id) => walks.has(id)).length;
    },
    rows: () => [...walks.values()].map(({ camera, state, tried, of }) => ({ camera, state, tried, of })),
    isQuarantined: (id) => quarantined.has(id),
    forget(id) {
      walks.delete(id);
      quarantined.delete(id);
    },
  };
}

function isSame(one: Login, other: Login | undefined): boolean {
  return one.user === other?.user && one.password === other.password;
}
