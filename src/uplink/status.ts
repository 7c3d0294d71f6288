// How the uplink stands, as a technician reads it.
import type { BongsuError, Env, Text } from '#base';
import type { CertificateEnds } from './certificates.ts';
import type { Unheard } from './hearing.ts';
import type { Route } from './routes.ts';
import type { ProtocolLevel } from './version.ts';
import type { ConfirmationMode } from './wire/index.ts';

/** What is wrong. `at`: wall milliseconds. */
export interface UplinkError {
  readonly code: string;
  /** What happened, for anybody. */
  readonly summary: Text;
  /** Where and why: addresses, errno. For the site's own people; empty when there is none. */
  readonly detail: string;
  /** Both. */
  readonly text: Text;
  readonly hint: Text;
  readonly at: number;
}

/** How one route stands. Times are wall milliseconds. */
export interface RouteStatus {
  readonly name: string;
  readonly address: string;
  /** `in-use`: the session is on it. `ready`: it worked when it was last looked at. `failing`: it did not. `untried`: nobody has looked yet. */
  readonly state: 'in-use' | 'ready' | 'failing' | 'untried';
  /** When it became so. */
  readonly since: number;
  /** When its certificates end. */
  readonly certificates: CertificateEnds;
  /** Why it fails; undefined in any other state. */
  readonly lastError: UplinkError | undefined;
}

/** How the uplink stands. Times are wall milliseconds. */
export interface UplinkStatus {
  readonly connected: boolean;
  /** When it became so. */
  readonly since: number;
  /** Name of the route that is in use or tried. */
  readonly route: string;
  readonly address: string;
  /** Undefined while not connected. */
  readonly protocolVersion: '5' | '3.1.1' | undefined;
  /** While not connected, why the last connection failed or ended; while connected, what is wrong with this one. */
  readonly lastError: UplinkError | undefined;
  /** Attempts since it was last connected. */
  readonly attempts: number;
  /** All routes in their order. A look is taken at the better ones every few seconds, at the others every five minutes. */
  readonly routes: readonly RouteStatus[];
  /** Whose word counts; undefined while that is not known. `broker`: a broker that forgets what it confirmed loses alarms. */
  readonly confirmation: ConfirmationMode | undefined;
  /** Something waits because nobody subscribes to it at the broker. */
  readonly unheard: Unheard | undefined;
  /** Nothing does, and since the start something was heard. */
  readonly isHeard: boolean;
  readonly commands: { readonly accepted: number; readonly refused: number; readonly outcomesDropped: number };
}

/** Where the supervisor writes down how it stands; a change is logged, a repetition is not. */
export interface Standing {
  attempted(route: RouteStanding): void;
  connected(route: RouteStanding, level: ProtocolLevel): void;
  disconnected(): void;
  /** An attempt failed, or the connection. */
  failed(fault: BongsuError): void;
  /** Something is wrong that does not end the connection. */
  noted(fault: BongsuError): void;
  read(): Omit<UplinkStatus, 'commands' | 'confirmation' | 'isHeard' | 'routes' | 'unheard'>;
}

export function openStanding(first: RouteStanding, env: Env): Standing {
  let route = first;
  let level: ProtocolLevel | undefined;
  let since = env.clock.now();
  let attempts = 0;
  let lastError: UplinkStatus['lastError'];
  let lastLogged = '';
  const note = (fault: BongsuError): void => {
    lastError = errorOf(fault, env);
    const { name, address } = route.read();
    if (lastLogged === `${name} ${fault.code}`) return;
    lastLogged = `${name} ${fault.code}`;
    env.log.warn({ route: name, address, code: fault.code, attempts }, fault.message);
  };
  return {
    attempted(tried) {
      route = tried;
      attempts += 1;
    },
    connected(on, newLevel) {
      route = on;
      route.changed('in-use');
      level = newLevel;
      since = env.clock.now();
      attempts = 0;
      lastError = undefined;
      lastLogged = '';
      const { name, address } = route.read();
      env.log.info({ route: name, address, level }, 'connected to the hub');
    },
    disconnected() {
      route.changed('ready');
      level = undefined;
      since = env.clock.now();
    },
    failed(fault) {
      route.changed('failing', fault);
      note(fault);
    },
    noted: note,
    read() {
      const protocolVersion = level === undefined ? undefined : level === 5 ? '5' : '3.1.1';
      const { name, address } = route.read();
      return { connected: level !== undefined, since, route: name, address, protocolVersion, lastError, attempts };
    },
  };
}

/** Where it is written down how one route stands. */
export interface RouteStanding {
  changed(state: Exclude<RouteStatus['state'], 'failing' | 'untried'>): void;
  changed(state: 'failing', fault: BongsuError): void;
  /** The broker's end stays as it was last seen. */
  saw(ends: CertificateEnds): void;
  read(): RouteStatus;
}

export function openRouteStanding({ name, url }: Route, env: Env): RouteStanding {
  let state: RouteStatus['state'] = 'untried';
  let since = env.clock.now();
  let certificates: CertificateEnds = { own: undefined, broker: undefined };
  let lastError: UplinkError | undefined;
  return {
    changed(next: RouteStatus['state'], fault?: BongsuError) {
      lastError = fault && errorOf(fault, env);
      if (next === state) return;
      state = next;
      since = env.clock.now();
    },
    saw({ own, broker }) {
      certificates = { own, broker: broker ?? certificates.broker };
    },
    read: () => ({ name, address: url, state, since, certificates, lastError }),
  };
}

function errorOf(fault: BongsuError, env: Env): UplinkError {
  const { code, summary, detail = '', text, hint } = fault;
  return { code, summary, detail, text, hint, at: env.clock.now() };
}
