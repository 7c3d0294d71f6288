// Registering what was found: each new camera that takes the login, one after another, and no further when the login seems to be wrong.
import type { Access } from '#access';
import type { Login, Text } from '#base';
import type { Cameras } from '#cameras';
import type { Result } from '#control';
import { type Device, tellingSerial } from '#model';
import type { KeptFinding, Registry } from '#registry';

type Item = Result<'discover.look'>;

const hopeless: readonly string[] = ['not-onvif', 'silent', 'factory-state', 'locked', 'login-refused'];
/** So many refusals before the first success, and the login is taken for wrong: each of them brings a camera nearer to a lock. */
const maxRefusals = 3;

const wrong: { readonly message: Text; readonly hint: Text } = {
  message: { en: 'The login was refused by the first cameras', ko: '처음 몇 대의 카메라가 로그인을 거부했습니다' },
  hint: {
    en: 'The rest was not tried, so that no account is locked. Check user and password.',
    ko: '계정이 잠기지 않도록 나머지는 시도하지 않았습니다. 사용자 이름과 비밀번호를 확인하십시오.',
  },
};

/** The rooms, and who asks: each registration is on the audit in his name. */
interface EnrolmentDeps {
  readonly access: Pick<Access, 'account'>;
  readonly cameras: Pick<Cameras, 'identify'>;
  readonly registry: Pick<Registry, 'add' | 'find'>;
  readonly by: string;
  readonly signal: AbortSignal;
}

/** Registers new cameras and tells each; a camera that refuses the login is told, not registered. */
export async function* enrol(kept: readonly KeptFinding[], login: Login, deps: EnrolmentDeps): AsyncGenerator<Item> {
  const { cameras, registry, signal } = deps;
  let refusals = 0;
  let successes = 0;
  for (const finding of kept.filter(isHopeful)) {
    const { address } = finding;
    const said = await cameras.identify(address, login, signal);
    if (said.result !== 'ok') {
      yield { notAdded: { address, message: said.message, hint: said.hint } };
      if (said.result === 'login-refused') refusals += 1;
      if (refusals < maxRefusals || successes > 0) continue;
      yield { notAdded: { address: '*', ...wrong } };
      return;
    }
    successes += 1;
    const device = deviceOf(finding, said, registry);
    await enter(device, deps, login);
    yield { added: { id: device.id, address } };
  }
}

/** Registers new cameras without a login of their own: the supervisor tries the sets of logins, each camera for itself. */
export async function* register(kept: readonly KeptFinding[], deps: EnrolmentDeps): AsyncGenerator<Item> {
  const { registry, signal } = deps;
  for (const finding of kept.filter(isHopeful)) {
    signal.throwIfAborted();
    const device = deviceOf(finding, { identity: finding.identity, channels: [{ number: 1, name: '' }] }, registry);
    await enter(device, deps);
    yield { added: { id: device.id, address: finding.address } };
  }
}

async function enter(device: Device, { access, registry, by }: EnrolmentDeps, login?: Login): Promise<void> {
  await registry.add(device, login);
  await access.account({ act: 'camera.add', by, subject: device.id, detail: device.address });
}

function isHopeful({ meaning, problems }: KeptFinding): boolean {
  return meaning === 'new' && !problems.some((problem) => hopeless.includes(problem));
}

function deviceOf(
  finding: KeptFinding,
  { identity, channels }: Pick<Device, 'identity' | 'channels'>,
  registry: EnrolmentDeps['registry'],
): Device {
  const { address, name } = finding;
  const mac = identity.mac ?? finding.mac;
  return {
    id: freeId([mac.replaceAll(':', ''), tellingSerial(identity), address], registry),
    type: 'camera',
    name: name.replaceAll(/\p{Cc}/gu, '').slice(0, 100),
    address,
    purpose: '',
    place: {},
    channels,
    identity: mac === '' ? identity : { ...identity, mac },
  };
}

/** An id that stays true when the camera moves: of its MAC, else its serial, else its address. */
function freeId(marks: readonly string[], registry: EnrolmentDeps['registry']): string {
  const source = marks.find((text) => /[a-z0-9]/i.test(text)) ?? 'x';
  const slug = source
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const base = `cam-${slug}`.slice(0, 36).replace(/-+$/, '');
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!registry.find(id)) return id;
  }
}
