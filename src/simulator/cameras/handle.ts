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
  setClock(offsetMs: number): void;
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

/** Opens the handle of a camera. */
export function openHandle(core: CameraCore, powers: HandlePowers): SimulatedCamera {
  const played = (plays: number): string => core.profiles.filter((profile) => profile.clip)[plays]?.path ?? 'main';
  return {
    id: core.id,
    personality: powers.personality,
    loginBy: core.loginBy,
    codec: powers.codec,
    channels: core.channels,
    counts: core.counts,
    relays: core.relays,
    get host() {
      return core.host;
    },
    get port() {
      return core.port;
    },
    get address() {
      return new URL(baseUrl(core)).host;
    },
    get login() {
      return core.login;
    },
    get identity() {
      return core.identity;
    },
    get streams() {
      return { main: streamUrl(core, played(0)), sub: streamUrl(core, played(1)) };
    },
    get pullPoints() {
      return core.pullPoints.count;
    },
    get position() {
      return core.ptz?.position();
    },
    get locked() {
      return core.lock.locked;
    },
    get clockOffsetMs() {
      return core.clockOffsetMs;
    },
    ...actionsOf(core, powers),
  };
}

type Actions = Pick<
  SimulatedCamera,
  'trigger' | 'tell' | 'fail' | 'reboot' | 'power' | 'move' | 'replace' | 'update' | 'setPassword' | 'reset' | 'setClock'
>;

const defaultSlowMs = 10_000;

function actionsOf(core: CameraCore, powers: HandlePowers): Actions {
  return {
    trigger: (report) => core.pullPoints.report(report),
    tell: (report) => core.pullPoints.tell(writeRaw(report, core.personality, core.now())),
    fail(fault, how = {}) {
      core.misbehaviour = fault && { fault, only: how.only, slowMs: how.slowMs ?? defaultSlowMs };
    },
    reboot: powers.reboot,
    power: powers.power,
    move: powers.move,
    replace(identity) {
      core.identity = { ...powers.newIdentity(), ...identity };
      powers.reboot();
    },
    update(firmware) {
      core.identity = { ...core.identity, firmware };
      powers.reboot();
    },
    setPassword(password) {
      core.login = { ...core.login, password };
      core.factory = false;
      core.lock.clear();
    },
    reset() {
      core.factory = true;
      core.pullPoints.removeAll();
    },
    setClock(offsetMs) {
      core.clockOffsetMs = offsetMs;
    },
  };
}
