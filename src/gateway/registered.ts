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
  const devices = new Map(registry.list('camera').map((device) => [device.id, device]));
  const byAddress = new Map([...devices.values()].map(({ address, id }) => [address, id]));
  const states = new Map(cameras.status().map(({ id, state }) => [id, state]));
  return findings.map((finding) => {
    const known = finding.device ? finding.device : (byAddress.get(finding.address) ?? '');
    // Another camera in its place is not the registered one.
    const device = finding.meaning === 'replaced' ? undefined : devices.get(known);
    const state = states.get(known);
    if (!device || state === undefined) return { ...finding, device: known };
    // A stranger is told little; what the camera said to its login is known.
    const identity = finding.identity.maker === '' ? device.identity : finding.identity;
    return { ...finding, identity, name: finding.name || device.name, device: known, problems: problemsOf(finding.problems, state) };
  });
}

function problemsOf(problems: Finding['problems'], state: CameraStatus['state']): Finding['problems'] {
  const rest = problems.filter((problem) => problem !== 'needs-password' && problem !== 'login-refused');
  if (state === 'login-refused') return ['login-refused', ...rest];
  return state === 'online' || state === 'connecting' ? rest : problems;
}
