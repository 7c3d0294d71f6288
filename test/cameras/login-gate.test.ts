// The gate in front of a camera's login, with a clock that a test moves.
import { describe, expect, it } from 'vitest';
import { openLog, systemRandom } from '#base';
import { openCredentials } from '../../src/cameras/soap/credentials.ts';
import { openLoginGate } from '../../src/cameras/soap/index.ts';
import { openFakeClock } from '../fakes/clock.ts';

const [first, second, third] = ['one', 'two', 'three'].map((password) => ({ user: 'gate', password })) as [Login, Login, Login];
type Login = { user: string; password: string };
const address = '10.0.0.5:80';
const minute = 60_000;
const never = new AbortController().signal;

function open() {
  const clock = openFakeClock(Date.UTC(2026, 10, 20));
  return { clock, gate: openLoginGate({ loginRetry: 5 * minute }, clock) };
}

describe('the login gate', () => {
  it('lets a refused login wait, and another one of a person pass', () => {
    const { clock, gate } = open();
    gate.refused(address, first);
    clock.advance(minute);
    expect(gate.waitMs(address, first)).toBe(4 * minute);
    expect(gate.waitMs(address, second)).toBe(0);
    expect(gate.waitMs('10.0.0.6:80', first)).toBe(0);
  });

  it('believes no answer to what was sent before the refusal', () => {
    const { clock, gate } = open();
    gate.refused(address, first);
    clock.advance(1000);
    gate.accepted(address, first, 30_000);
    expect(gate.waitMs(address, first)).toBe(5 * minute - 1000);
    gate.accepted(address, first, 500);
    expect(gate.waitMs(address, first)).toBe(0);
  });

  it('says how long whoever tries one after another has to wait', () => {
    const { clock, gate } = open();
    expect(gate.quietMs(address)).toBe(0);
    gate.refused(address, first);
    clock.advance(minute);
    expect(gate.quietMs(address)).toBe(4 * minute);
    clock.advance(4 * minute);
    expect(gate.quietMs(address)).toBe(0);
  });

  it('never lets more than two fail within the time, whoever asks', () => {
    const { clock, gate } = open();
    gate.refused(address, first);
    clock.advance(minute);
    gate.refused(address, second);
    expect(gate.waitMs(address, third)).toBe(4 * minute);
    clock.advance(4 * minute);
    expect(gate.waitMs(address, third)).toBe(0);
    expect(gate.waitMs(address, second)).toBe(minute);
  });

  it('never holds up the login that the camera takes, and forgets no other refusal for it', () => {
    const { gate } = open();
    gate.refused(address, second);
    gate.refused(address, third);
    gate.accepted(address, first);
    expect(gate.waitMs(address, first)).toBe(0);
    expect(gate.quietMs(address)).toBe(5 * minute);
    gate.refused(address, first);
    expect(gate.waitMs(address, first)).toBe(5 * minute);
    gate.accepted(address, first);
    expect(gate.waitMs(address, first)).toBe(0);
  });

  it('knows of a refusal before a restart', () => {
    const { gate } = open();
    gate.refused(address, first, 2 * minute);
    expect(gate.waitMs(address, first)).toBe(3 * minute);
    expect(gate.quietMs(address)).toBe(3 * minute);
  });

  it('gives turns one by one, also past one who left', async () => {
    const { gate } = open();
    const seen: string[] = [];
    const one = await gate.turn(address, never);
    const leave = new AbortController();
    const two = gate.turn(address, leave.signal).catch(() => seen.push('two left'));
    const three = gate.turn(address, never).then((turn) => {
      seen.push('three');
      return turn;
    });
    const other = await gate.turn('10.0.0.6:80', never);
    leave.abort(new Error('enough'));
    await two;
    expect(seen).toEqual(['two left']);
    one[Symbol.dispose]();

    (await three)[Symbol.dispose]();
    other[Symbol.dispose]();
    expect(seen).toEqual(['two left', 'three']);
    (await gate.turn(address, never))[Symbol.dispose]();
  });
});

describe('a nonce that was used and is refused', () => {
  const url = new URL('http://10.0.0.5/onvif');
  const challenge = (nonce: string, stale = '') => [`Digest realm="cam", qop="auth", nonce="${nonce}"${stale}`];
  const openUsed = () => {
    const credentials = openCredentials(first, { clock: openFakeClock(0), random: systemRandom, log: openLog('silent') });
    expect(credentials.adapt('calls', challenge('a'))).toBe('again');
    for (let uses = 0; uses < 3; uses += 1) credentials.prove('calls', url, 0);
    return credentials;
  };

  it('may only have grown old where the camera never says so, and a fresh one tells', () => {
    const credentials = openUsed();
    expect(credentials.adapt('calls', challenge('b'))).toBe('doubt');
    credentials.prove('calls', url, 0);
    expect(credentials.adapt('calls', challenge('c'))).toBe('refused');
  });

  it('means another password where the camera offers the same again: no second failed login', () => {
    expect(openUsed().adapt('calls', challenge('a'))).toBe('refused');
  });

  it('means another password where the camera has said before that one was old: no second failed login', () => {
    const credentials = openUsed();
    expect(credentials.adapt('calls', challenge('b', ', stale=true'))).toBe('again');
    for (let uses = 0; uses < 3; uses += 1) credentials.prove('calls', url, 0);
    expect(credentials.adapt('calls', challenge('c'))).toBe('refused');
  });
});
