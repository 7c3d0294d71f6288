// What the process was started with: the only place that reads environment variables.
import { userInfo } from 'node:os';
import type { Language } from '#base';

/** The surroundings of this process. */
export interface Environment {
  /** From `LC_ALL`, `LC_MESSAGES`, `LANG`: Korean for `ko…`, else English. */
  readonly language: Language;
  /** The locale variables of POSIX, as they are set. */
  readonly locale: { readonly LC_ALL: string | undefined; readonly LC_MESSAGES: string | undefined; readonly LANG: string | undefined };
  /** `BONGSU_CONFIG`, else `/etc/bongsu/config.yaml`. */
  readonly configPath: string;
  /** `RUNTIME_DIRECTORY` of systemd. */
  readonly runtimeDirectory: string | undefined;
  /** `STATE_DIRECTORY` of systemd. */
  readonly stateDirectory: string | undefined;
  /** `CREDENTIALS_DIRECTORY` of systemd: files of `LoadCredential`. */
  readonly credentialsDirectory: string | undefined;
  /** `NOTIFY_SOCKET` of systemd. */
  readonly notifySocket: string | undefined;
  /** `WATCHDOG_USEC` in milliseconds, when it is meant for this process. */
  readonly watchdogMs: number | undefined;
  /** Who runs this; behind `sudo` the person who called it. A claim, not a proof. */
  readonly user: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the environment; other `variables` for tests. */
export function environment(variables: Variables = process.env): Environment {
  const text = (name: string): string | undefined => variables[name] || undefined;
  const locale = text('LC_ALL') ?? text('LC_MESSAGES') ?? text('LANG') ?? '';
  return {
    language: /^ko(?![a-z])/i.test(locale) ? 'ko' : 'en',
    locale: { LC_ALL: text('LC_ALL'), LC_MESSAGES: text('LC_MESSAGES'), LANG: text('LANG') },
    configPath: text('BONGSU_CONFIG') ?? '/etc/bongsu/config.yaml',
    runtimeDirectory: firstOf(text('RUNTIME_DIRECTORY')),
    stateDirectory: firstOf(text('STATE_DIRECTORY')),
    credentialsDirectory: text('CREDENTIALS_DIRECTORY'),
    notifySocket: text('NOTIFY_SOCKET'),
    watchdogMs: watchdogOf(text('WATCHDOG_USEC'), text('WATCHDOG_PID')),
    user: text('SUDO_USER') ?? text('USER') ?? ownName(),
  };
}

/** systemd separates several directories by colons. */
function firstOf(list: string | undefined): string | undefined {
  return list?.split(':')[0] || undefined;
}

function watchdogOf(microseconds: string | undefined, pid: string | undefined): number | undefined {
  const ms = Number(microseconds) / 1000;
  if (!(ms > 0) || !Number.isFinite(ms)) return undefined;
  return pid === undefined || Number(pid) === process.pid ? ms : undefined;
}

function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in a container.
    return String(process.getuid?.() ?? 'unknown');
  }
}
