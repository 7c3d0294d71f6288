// The verbs that register a camera and correct its registration: what they ask, what they print, and what they refuse.
import { expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers } from './door.ts';

it.each([
  ['set cam-1 --name gate --group switch-7', { name: 'gate', group: 'switch-7' }],
  ['set cam-1 --no-group', { group: null }],
  ['set cam-1 --place hall --latitude 35.9 --longitude 127.1', { place: 'hall', latitude: 35.9, longitude: 127.1 }],
  ['set cam-1 --no-place', { place: '', latitude: null, longitude: null }],
  ['set cam-1 --address https://10.0.0.5', { address: 'https://10.0.0.5' }],
  ['add cam-1 --address https://10.0.0.5:8443/onvif/device_service', { address: 'https://10.0.0.5:8443/onvif/device_service' }],
  ['add cam-1 --address 10.0.0.5:8080 --place hall', { address: '10.0.0.5:8080', place: 'hall' }],
])('asks by camera %s', async (line, input) => {
  const { handlers, calls } = recordedHandlers();
  await using door = await openDoor({ handlers });
  expect(await run(['--socket', door.path, 'camera', ...line.split(' ')])).toMatchObject({ status: 0, stderr: '' });
  expect(calls.map((call) => [call.operation, call.input])).toEqual([[`camera.${line.split(' ')[0]}`, { id: 'cam-1', ...input }]]);
});

it('tells what was changed, in both languages and as JSON', async () => {
  await using door = await openDoor();
  const asked = ['--socket', door.path, 'camera', 'set', 'cam-1', '--name', '정문'];
  expect((await run([...asked, '--lang', 'en'])).stdout).toBe('Camera cam-1 is changed: name, group.\n');
  expect((await run([...asked, '--lang', 'ko'])).stdout).toContain('수정했습니다: name, group');
  expect(JSON.parse((await run([...asked, '--json'])).stdout)).toMatchObject({ changed: ['name', 'group'], camera: { id: 'cam-0417' } });
});

it.each([
  ['set cam-1', 'Say what to change'],
  ['set cam-1 --group SWITCH', 'a–z, 0–9 and hyphen'],
  ['set cam-1 --address http://kim:secret@10.0.0.5', 'without a name or password'],
  ['add cam-1 --address 10.0.0.5:99999', 'HOST[:PORT]'],
  ['add cam-1 --address ftp://10.0.0.5', 'HOST[:PORT]'],
])('refuses camera %s', async (line, why) => {
  await using door = await openDoor();
  const { status, stderr } = await run(['--socket', door.path, 'camera', ...line.split(' ')]);
  expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  expect(stderr).not.toContain('secret');
});
