// A table of what a look says of cameras that are registered already.
import { describe, expect, it } from 'vitest';
import type { Device, Finding } from '#model';
import { withRegistered } from '../../src/gateway/registered.ts';

const identity = { maker: '', model: '', firmware: '', serial: '' };
const found: Finding = {
  address: '10.0.0.5',
  endpoint: '',
  mac: '',
  identity,
  name: '',
  problems: ['needs-password'],
  clockOffsetMs: 0,
  way: 'unicast',
};
const device = { id: 'cam-1', type: 'camera', name: 'gate', address: '10.0.0.5', identity: { ...identity, maker: 'Axis' } } as Device;

type State = Parameters<typeof withRegistered>[1]['cameras']['status'] extends () => readonly { state: infer S }[] ? S : never;

function look(one: Finding & { meaning?: string; device?: string }, state: State) {
  const deps = { cameras: { status: () => [{ id: 'cam-1', state }] }, registry: { list: () => [device] } };
  return withRegistered([one], deps)[0];
}

describe('a camera that is registered', () => {
  it.each([
    ['takes its login', 'online', []],
    ['is about to be tried', 'connecting', []],
    ['refuses its login', 'login-refused', ['login-refused']],
    ['has none', 'fault', ['needs-password']],
  ] as const)('that %s', (_, state, problems) => {
    expect(look(found, state)).toMatchObject({ device: 'cam-1', problems });
  });

  it('is shown by what it told its login', () => {
    expect(look(found, 'online')).toMatchObject({ name: 'gate', identity: { maker: 'Axis' } });
    expect(look({ ...found, name: 'said', identity: { ...identity, maker: 'Hanwha' } }, 'online')).toMatchObject({
      name: 'said',
      identity: { maker: 'Hanwha' },
    });
  });

  it('keeps what else is wrong', () => {
    expect(look({ ...found, problems: ['needs-password', 'clock-wrong'] }, 'online')?.problems).toEqual(['clock-wrong']);
  });

  it('is known also when it moved', () => {
    expect(look({ ...found, address: '10.0.0.9', meaning: 'moved', device: 'cam-1' }, 'online')?.problems).toEqual([]);
  });
});

it('another camera in its place, and a new one, want a password all the same', () => {
  expect(look({ ...found, meaning: 'replaced', device: 'cam-1' }, 'online')).toMatchObject({ problems: ['needs-password'], identity });
  expect(look({ ...found, address: '10.0.0.9', meaning: 'new', device: '' }, 'online')).toMatchObject({
    device: '',
    problems: ['needs-password'],
  });
});
