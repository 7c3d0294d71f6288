// One virtual camera as a test or a script holds it: what it says of itself, and what it can be made to do.
import type { Login } from '#base';
import { baseUrl, type CameraCore, type Identity, streamUrl } from './core.ts';
import type { CameraCounts } from './counts.ts';
import type { CameraFault } from './fault.ts';
import { type RawReport, type Report, writeRaw } from './notices.ts';
import type { CameraLogin, PersonalityName } from './personality/index.ts';
import type { PtzPosition } from './ptz-state.ts';

/** A virtual camera as its owner holds it. */
export interface SimulatedCamera {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** `host:port` of its ONVIF services. */
  readonly address: string;
  readonly personality: PersonalityName;
  readonly login: Login;
  readonly loginBy: CameraLogin;
  readonly codec: 'h264' | 'h265';
  readonly channels: number;
  readonly identity: Identity;
  /** `rtsp://` addresses of the first channel without login. */
  readonly streams: { readonly main: string; readonly sub: string };
  readonly counts: Readonly<CameraCounts>;
  /** Subscriptions that live now. */
  readonly pullPoints: number;
  readonly position: PtzPosition | undefined;
  /** Whether its head moves now. */
  readonly moving: boolean;
  /** Relay outputs, true where active. */
  readonly relays: readonly boolean[];
  /** Whether too many failed logins have locked it now. */
  readonly locked: boolean;
  readonly clockOffsetMs: number;
  /** Reports that something begins (`active`) or ends; pulses have no end. */
  trigger(report: Report): void;
  /** Reports anything, in the words of the caller. */
  tell(report: RawReport): void;
  /**
   * Misbehaves from now on; undefined ends it. A fault set while a pull waits spoils its answer too. `only`: in answers to this operation alone,
   * `tev:PullMessages`. `slowMs`: what `slow` waits, default 10,000.
   */
  fail(fault: CameraFault | undefined, how?: { readonly only?: string; readonly slowMs?: number }): void;
  /** Loses subscriptions and connections, refuses new ones for `downMs` (default 2,000), then says Hello. */
  reboot(downMs?: number): void;
  /** Off: as without current, until it is on again. */
  power(on: boolean): void;
  /** Goes to another address; says Bye there and Hello here. */
  move(host: string): Promise<void>;
  /** Another device stands at the same address: serial number, MAC and endpoint are new, and so is what is named. */
  replace(identity?: Partial<Identity>): void;
  /** Restarts with another firmware. */
  update(firmware: string): void;
  /** Sets the password; ends the factory state. */
  setPassword(password: string): void;
  /** Back to the factory state: no ONVIF until a password is set. */
  reset(): void;
  /** `by`: what sets it, as before when left out. */
  setClock(offsetMs: number, by?: 'NTP' | 'Manual'): void;
}

/** What the handle needs that the core does not have. */
export interface HandlePowers {
  readonly personality: PersonalityName;
  readonly codec: 'h264' | 'h265';
  reboot(downMs?: number): void;
  power(on: boolean): void;
  move(host: string): Promise<void>;
  newIdentity(): Identity;
}

const defaultSlowMs = 10_000;

/** Opens the handle of a camera. */
export function openHandle(core: CameraCore, powers: HandlePowers): SimulatedCamera {
  return new Handle(core, powers);
}

/** A class, because thousands of object literals with getters would weigh several kilobytes each. */
class Handle implements SimulatedCamera {
  readonly #core: CameraCore;
  readonly #powers: HandlePowers;

  constructor(core: CameraCore, powers: HandlePowers) {
    this.#core = core;
    this.#powers = powers;
  }

  get id() {
    return this.#core.id;
  }
  get personality() {
    return this.#powers.personality;
  }
  get loginBy() {
    return this.#core.loginBy;
  }
  get codec() {
    return this.#powers.codec;
  }
  get channels() {
    return this.#core.channels;
  }
  get counts() {
    return this.#core.counts;
  }
  get relays() {
    return this.#core.relays;
  }
  get host() {
    return this.#core.host;
  }
  get port() {
    return this.#core.port;
  }
  get address() {
    return new URL(baseUrl(this.#core)).host;
  }
  get login() {
    return this.#core.owner.login;
  }
  get identity() {
    return this.#core.identity;
  }
  get streams() {
    const played = this.#core.profiles.filter((profile) => profile.clip);
    const url = (index: number): string => streamUrl(this.#core, played[index]?.path ?? 'main');
    return { main: url(0), sub: url(1) };
  }
  get pullPoints() {
    return this.#core.pullPoints.count;
  }
  get position() {
    return this.#core.ptz?.position();
  }
  get moving() {
    return this.#core.ptz?.moving ?? false;
  }
  get locked() {
    return this.#core.lock.locked;
  }
  get clockOffsetMs() {
    return this.#core.clockOffsetMs;
  }

  trigger(report: Report): void {
    this.#core.pullPoints.report(report);
  }
  tell(report: RawReport): void {
    this.#core.pullPoints.tell(writeRaw(report, this.#core.personality, this.#core.now()));
  }
  fail(fault: CameraFault | undefined, how: { readonly only?: string; readonly slowMs?: number } = {}): void {
    this.#core.misbehaviour = fault && { fault, only: how.only, slowMs: how.slowMs ?? defaultSlowMs };
  }
  reboot(downMs?: number): void {
    this.#powers.reboot(downMs);
  }
  power(on: boolean): void {
    this.#powers.power(on);
  }
  async move(host: string): Promise<void> {
    await this.#powers.move(host);
  }
  replace(identity?: Partial<Identity>): void {
    this.#core.identity = { ...this.#powers.newIdentity(), ...identity };
    this.#powers.reboot();
  }
  update(firmware: string): void {
    this.#core.identity = { ...this.#core.identity, firmware };
    this.#powers.reboot();
  }
  setPassword(password: string): void {
    const { owner, lock } = this.#core;
    owner.login = { ...owner.login, password };
    this.#core.factory = false;
    lock.clear();
  }
  reset(): void {
    this.#core.factory = true;
    this.#core.pullPoints.removeAll();
  }
  setClock(offsetMs: number, by?: 'NTP' | 'Manual'): void {
    if (by) this.#core.clockBy = by;
    this.#core.clockOffsetMs = offsetMs;
  }
}
