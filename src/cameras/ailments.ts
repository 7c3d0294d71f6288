// What ails a camera, as conditions: at most one of lost, login refused and faulty at a time, and beside it its clock, its pictures and its certificate.
import { durationText, type Env, messageOf, type Text, withHint } from '#base';
import { type Condition, type ConditionKind, conditionKinds, type Look } from '#model';
import { compact } from './compact.ts';
import { type Failure, type FailureKind, tellOf } from './faults.ts';
import { pictureCauseOf, pictureWords, type Seat } from './watch/index.ts';

/** What can ail a camera. */
export type Ailment = 'camera-lost' | 'camera-login-refused' | 'camera-fault';

/** The conditions of one camera; each is told when it changes, and once after a start, when what the store has of it is not known. */
export interface Ailments {
  /** Raises the condition of that failure and clears the others; a loss waits until it is known that it is not the switch's. Resolves after the commit. */
  fail(failed: Failure): Promise<void>;
  /** All is well. */
  recover(): Promise<void>;
  /** The camera's clock minus ours; true when it is wrong. */
  clock(offsetMs: number | undefined): Promise<boolean>;
  /** The pictures of a channel come, or so many looks in a row they did not. */
  pictures(channel: number, look: Look, failures: number): Promise<void>;
  /** When the certificate of its HTTPS ends, as the certificate writes it; undefined where it has none. */
  certificate(validUntil: string | undefined): Promise<void>;
}

/** When something is told. */
export interface AilmentOptions {
  /** Milliseconds. */
  readonly clockTolerance: number;
  readonly watch: { readonly pictures: { readonly lostAfter: number }; readonly certificateDays: number };
}

const exclusive: readonly Ailment[] = ['camera-lost', 'camera-login-refused', 'camera-fault'];
const ailmentOf: Readonly<Record<FailureKind, Ailment>> = {
  unreachable: 'camera-lost',
  silent: 'camera-lost',
  closed: 'camera-lost',
  garbage: 'camera-fault',
  'too-large': 'camera-fault',
  certificate: 'camera-fault',
  fault: 'camera-fault',
  'login-refused': 'camera-login-refused',
  'login-missing': 'camera-login-refused',
  'factory-state': 'camera-login-refused',
};
const answersWell: Text = { ko: '카메라가 정상 응답합니다', en: 'The camera answers as it should' };
const clockRight: Text = { ko: '카메라 시각이 맞습니다', en: "The camera's clock is right" };
const setNtp: Text = { ko: '카메라에 NTP 서버를 설정하십시오.', en: 'Set an NTP server on the camera.' };
const picturesCome: Text = { ko: '카메라 영상이 다시 옵니다', en: 'The pictures of the camera come' };
const certificateGood: Text = { ko: '카메라 인증서의 유효 기간이 충분합니다', en: 'The certificate of the camera is good for long enough' };
const renewCertificate: Text = {
  ko: '카메라의 인증서를 갱신한 뒤 카메라를 다시 등록하십시오.',
  en: 'Renew the certificate of the camera, then register the camera again.',
};

/** The condition of a failure. */
export function ailmentFor(failed: Failure): Ailment {
  return ailmentOf[failed.kind];
}

/** A step of a condition, as yet without the camera. */
interface Step {
  readonly kind: ConditionKind;
  readonly channel?: string;
  readonly state: Condition['state'];
  readonly message: Text;
  readonly detail?: string;
}

/** Opens the conditions of `device`. `seat`: its place behind the switch. */
export function openAilments(
  device: string,
  options: AilmentOptions,
  { condition, seat }: { readonly condition: (step: Condition) => Promise<unknown>; readonly seat: Pick<Seat, 'lost' | 'found'> },
  env: Env,
): Ailments {
  return new Told(device, options, { condition, seat }, env);
}

interface AilmentDeps {
  readonly condition: (step: Condition) => Promise<unknown>;
  readonly seat: Pick<Seat, 'lost' | 'found'>;
}

/** A class, for there are thousands, and closures cost memory each. */
class Told implements Ailments {
  readonly #device: string;
  readonly #options: AilmentOptions;
  readonly #deps: AilmentDeps;
  readonly #env: Env;
  /** What was told last, by condition; made anew with each change, for it holds two or three. */
  #told: Readonly<Record<string, Condition['state']>> = untold;
  #last: Promise<unknown> = idle;
  #current: Ailment | undefined;

  constructor(device: string, options: AilmentOptions, deps: AilmentDeps, env: Env) {
    this.#device = device;
    this.#options = options;
    this.#deps = deps;
    this.#env = env;
  }

  async fail(failed: Failure): Promise<void> {
    const { seat } = this.#deps;
    const kind = ailmentOf[failed.kind];
    await this.#inTurn(() => this.#clearAllBut(kind));
    if (kind === 'camera-lost') return seat.lost(() => this.#tellAlone(failed));
    seat.found();
    await this.#inTurn(() => this.#set({ kind, state: 'raised', ...tellOf(failed) }));
  }

  recover(): Promise<void> {
    this.#deps.seat.found();
    return this.#inTurn(() => this.#clearAllBut(undefined));
  }

  async clock(offsetMs: number | undefined): Promise<boolean> {
    if (offsetMs === undefined) return false;
    const wrong = Math.abs(offsetMs) > this.#options.clockTolerance;
    await this.#inTurn(() => this.#set({ kind: 'clock-wrong', ...(wrong ? raised(clockWords(offsetMs), setNtp) : cleared(clockRight)) }));
    return wrong;
  }

  async pictures(channel: number, look: Look, failures: number): Promise<void> {
    const at = { kind: 'camera-no-picture', channel: String(channel) } as const;
    if (look.result === 'seen') return this.#inTurn(() => this.#set({ ...at, ...cleared(picturesCome) }));
    // A refused login is not tried again soon: it is told at once.
    if (failures < this.#options.watch.pictures.lostAfter && look.reason !== 'login-refused') return;
    const { message, hint } = pictureWords[pictureCauseOf(look)];
    await this.#inTurn(() => this.#set({ ...at, ...raised(message, hint), detail: look.text.en }));
  }

  async certificate(validUntil: string | undefined): Promise<void> {
    const endsAt = validUntil === undefined ? Number.NaN : Date.parse(validUntil);
    if (Number.isNaN(endsAt)) return;
    const leftMs = endsAt - this.#env.clock.now();
    const isNear = leftMs < this.#options.watch.certificateDays * 86_400_000;
    const step = isNear ? raised(endWords(leftMs), renewCertificate) : cleared(certificateGood);
    await this.#inTurn(() => this.#set({ kind: 'certificate-expiring', channel: 'https', ...step, detail: validUntil ?? '' }));
  }

  /** One after another: what the switch delays must not overtake what came later. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #set({ kind, channel = '', state, message, detail = '' }: Step): Promise<void> {
    const key = channel === '' ? kind : `${kind} ${channel}`;
    if (this.#told[key] === state) return;
    const severity = conditionKinds[kind];
    await this.#deps.condition({ device: this.#device, channel, kind, state, severity, time: this.#env.clock.now(), message, detail });
    this.#told = compact({ ...this.#told, [key]: state });
  }

  async #clearAllBut(kept: Ailment | undefined): Promise<void> {
    this.#current = kept;
    for (const kind of exclusive) if (kind !== kept) await this.#set({ kind, state: 'cleared', message: answersWell });
  }

  #tellAlone(failed: Failure): void {
    this.#inTurn(async () => {
      if (this.#current === 'camera-lost') await this.#set({ kind: 'camera-lost', state: 'raised', ...tellOf(failed) });
    }).catch((error: unknown) => this.#env.log.error({ camera: this.#device, error: messageOf(error) }, 'a lost camera could not be told'));
  }
}

/** Nothing was told yet, and nothing is being told: shared by all cameras. */
const untold: Readonly<Record<string, Condition['state']>> = {};
const idle: Promise<unknown> = Promise.resolve();

function raised(message: Text, hint: Text): Pick<Step, 'state' | 'message'> {
  return { state: 'raised', message: withHint(message, hint) };
}

function cleared(message: Text): Pick<Step, 'state' | 'message'> {
  return { state: 'cleared', message };
}

function endWords(leftMs: number): Text {
  const days = Math.floor(leftMs / 86_400_000);
  return days < 0
    ? { ko: '카메라의 HTTPS 인증서가 만료되었습니다', en: 'The HTTPS certificate of the camera has ended' }
    : { ko: `카메라의 HTTPS 인증서가 ${days}일 뒤 만료됩니다`, en: `The HTTPS certificate of the camera ends in ${days} days` };
}

/** How far a clock is off, in words. */
export function clockWords(offsetMs: number): Text {
  const { ko, en } = durationText(Math.round(Math.abs(offsetMs) / 1000) * 1000);
  return offsetMs > 0
    ? { ko: `카메라 시각이 ${ko} 빠릅니다`, en: `The camera's clock is ${en} ahead` }
    : { ko: `카메라 시각이 ${ko} 느립니다`, en: `The camera's clock is ${en} behind` };
}
