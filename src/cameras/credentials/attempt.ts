// One factory login, tried once at one camera over a connection of its own.
import type { Env, Login } from '#base';
import type { Calls } from '#store';
import { composeEnvelope, type LoginGate, markOf, openSession, type SessionOptions } from '../soap/index.ts';
import type { CamerasProcedures } from '../tables.ts';
import type { AuditedCamera, Trial } from './audit.ts';

/** Something that no camera may tell to strangers (ONVIF Core §5.9.4.3, access class READ_SYSTEM). */
const question = composeEnvelope('<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>');

/** Opens the attempts; a refusal is known to the gate and to the store. */
export function openAttempts(
  options: SessionOptions,
  { gate, calls }: { readonly gate: LoginGate; readonly calls: Calls<CamerasProcedures> },
  env: Env,
): (camera: AuditedCamera, login: Login, signal: AbortSignal) => Promise<Trial> {
  return async ({ id, base, trust }, login, signal) => {
    const note = (): Promise<void> => calls.keepRefusal({ device: id, mark: markOf(login), at: env.clock.now() });
    using session = openSession(options, { base, login, gate, trust, ledger: { attempt: note, taken: async () => {} } }, env);
    const clock = await session.readClock(signal);
    if (clock.result === 'failed') return 'unreachable';
    const reply = await session.call({ url: base, envelope: question, expect: 'GetDeviceInformationResponse' }, signal);
    if (reply.result === 'ok') return session.authentication === 'none' ? 'open' : 'taken';
    const { kind, isHeld, isLocked } = reply.failure;
    if (isHeld === true) return 'held';
    if (isLocked === true) return 'locked';
    if (kind !== 'login-refused') return 'unreachable';
    await note();
    return 'refused';
  };
}
