// What was found, as it is once a camera is registered: whether it wants a password is then no news, whether it takes the registered one is.
import type { CameraStatus } from '#cameras';
import type { Device, Finding } from '#model';

/** What is known of registered cameras. */
export interface RegisteredDeps {
  readonly cameras: { status(): readonly Pick<CameraStatus, 'id' | 'state'>[] };
  readonly registry: { list(type: 'camera'): readonly Device[] };
}

type Seen = Finding & Partial<Record<'meaning' | 'device', string>>;

/** Each finding with the registered camera that it is, if any, and with what is wrong of that one. */
export function withRegistered<F extends Seen>(findings: readonly F[], { cameras, registry }: RegisteredDeps): (F & { device: string })[] {
  if (findings.length === 0) return [];
  const byAddress = new Map(registry.list('camera').map(({ address, id }) => [address, id]));
  const states = new Map(cameras.status().map(({ id, state }) => [id, state]));
  return findings.map((finding) => {
    const known = finding.device ? finding.device : (byAddress.get(finding.address) ?? '');
    // Another camera in its place is not the registered one.
    const state = finding.meaning === 'replaced' ? undefined : states.get(known);
    return { ...finding, device: known, problems: state === undefined ? finding.problems : problemsOf(finding.problems, state) };
  });
}

function problemsOf(problems: Finding['problems'], state: CameraStatus['state']): Finding['problems'] {
  const rest = problems.filter((problem) => problem !== 'needs-password' && problem !== 'login-refused');
  if (state === 'login-refused') return ['login-refused', ...rest];
  return state === 'online' || state === 'connecting' ? rest : problems;
}
