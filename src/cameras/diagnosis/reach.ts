// Whether the camera can be reached: who has its address in this network, and whether somebody listens at its port.
import { isIPv4 } from 'node:net';
import type { Env } from '#base';
import type { Failure } from '../faults.ts';
import { knock } from '../knock.ts';
import { type Finding, found, skipped, well } from './findings.ts';
import type { Neighbour } from './patient.ts';

/** Beyond this, a camera in the same town does not answer any more. */
const knockMs = 5000;

/** Knocks at the port first, for only then is the neighbour table of today. */
export async function reach(
  url: URL,
  known: { readonly mac: string | undefined; readonly isGroupLost: boolean },
  deps: { neighbour(host: string): Neighbour; readonly options: { readonly requestTimeout: number } },
  env: Env,
  signal: AbortSignal,
): Promise<{ readonly isOpen: boolean; readonly findings: readonly Finding[] }> {
  const startedMs = env.clock.monotonicMs();
  const failed = await knock(url, Math.min(knockMs, deps.options.requestTimeout), env, signal);
  const tookMs = Math.round(env.clock.monotonicMs() - startedMs);
  const neighbour = isIPv4(url.hostname) ? deps.neighbour(url.hostname) : undefined;
  // The cable of one camera is no matter where the switch of all is gone.
  if (failed && known.isGroupLost) return { isOpen: false, findings: [found('port', 'group-lost', failed.detail)] };
  const findings = [judgeNeighbour(neighbour, known.mac, failed !== undefined), judgePort(url, failed, tookMs)];
  // Without a neighbour the port has nothing to say of its own.
  const told = findings.findIndex(({ result }) => result === 'failed');
  return { isOpen: failed === undefined, findings: told < 0 ? findings : findings.slice(0, told + 1) };
}

/** What the neighbour table says of a camera; `failed`: nobody answered at its port. */
export function judgeNeighbour(neighbour: Neighbour | undefined, knownMac: string | undefined, failed: boolean): Finding {
  if (neighbour?.state === 'absent' && failed) return found('neighbour', 'no-neighbour');
  if (neighbour?.state === 'there' && neighbour.mac !== '') {
    if (knownMac !== undefined && knownMac !== neighbour.mac)
      return found('neighbour', 'other-device', `${knownMac} → ${neighbour.mac}`, 'warning');
    return well('neighbour', neighbour.mac);
  }
  return skipped('neighbour', {
    en: 'Not in the network of this gateway: behind a router, its MAC is not seen',
    ko: '게이트웨이와 같은 네트워크가 아니어서(라우터 경유) MAC을 볼 수 없습니다',
  });
}

/** What a knock at its port says. */
export function judgePort(url: URL, failed: Failure | undefined, tookMs: number): Finding {
  if (!failed) return well('port', { en: `${url.host} is open, ${tookMs} ms`, ko: `${url.host} 열림, ${tookMs} ms` });
  const { en } = failed.detail;
  if (en.includes('ECONNREFUSED') || en.includes('ECONNRESET')) return found('port', 'port-closed', failed.detail);
  if (en.includes('ENETUNREACH')) return found('port', 'no-route', failed.detail);
  return found('port', 'no-answer', failed.detail);
}
