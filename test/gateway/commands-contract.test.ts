// The hub's commands held against their contract: the same names on both sides, and the same bodies taken and refused.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { openLog, systemRandom } from '#base';
import { streamsFaults } from '#streams';
import { refusals } from '../../src/access/refusals.ts';
import { type CommandDeps, commandNames, openCommands } from '../../src/gateway/commands.ts';
import { openFakeClock } from '../fakes/clock.ts';

const read = (path: string): string => readFileSync(new URL(`../../docs/contract/${path}`, import.meta.url), 'utf8');
const id = '01931b2e-7c55-7a10-8f00-2f6c1d0a9b11';
const envelope = { id: 'c-1', time: '2026-11-20T04:00:00Z', expires: '2026-11-20T04:01:00Z' };

describe('the commands', () => {
  it('are those of asyncapi.yaml, and README names each', () => {
    const { channels, components } = parse(read('asyncapi.yaml')) as {
      channels: { command: { messages: object } };
      components: { messages: Record<string, { title: string }> };
    };
    const titles = Object.keys(channels.command.messages).flatMap((name) => components.messages[name]?.title.split(', ') ?? []);
    expect(titles.toSorted()).toEqual(commandNames.toSorted());
    for (const name of commandNames) expect(read('README.md')).toContain(`\`${name}\``);
  });

  it('are refused and failed for reasons that README has in the words of the rooms, and no other', () => {
    const told = new Map(
      [...read('README.md').matchAll(/^\| `([a-z]+\.[a-z-]+)` *\| (.*) \|$/gm)].map(([, code = '', text = '']) => [code, text]),
    );
    // What may not be pushed is refused before it comes to the relay.
    const { 'push-not-allowed': _, ...streams } = streamsFaults.entries;
    const tables = { access: refusals.entries, streams };
    for (const [room, entries] of Object.entries(tables)) {
      const codes = [...told.keys()].filter((code) => code.startsWith(`${room}.`));
      expect(codes.toSorted()).toEqual(
        Object.keys(entries)
          .map((reason) => `${room}.${reason}`)
          .toSorted(),
      );
      for (const [reason, { message }] of Object.entries(entries)) expect(told.get(`${room}.${reason}`)).toMatch(message.en);
    }
  });

  it.each([
    ['stream.open', {}, { stream: { rtsp: 'rtsp://h/token', until: '1970-01-01T01:00:00.000Z' } }],
    ['stream.open', { protocol: 'http-flv' }, { stream: { flv: 'http://h/token', until: expect.any(String) } }],
    ['stream.open', { protocol: 'ws-flv' }, { stream: { ws: 'ws://h/token', until: expect.any(String) } }],
    ['stream.open', { deliver: 'push', to: 'rtsps://h/live/1' }, { stream: { push: 'rtsps://h/live/1', until: expect.any(String) } }],
    ['stream.open', { quality: 'metadata' }, { stream: { rtsp: 'rtsp://h/token', until: expect.any(String) } }],
    ['snapshot.take', {}, { still: { url: 'http://h/token', until: '1970-01-01T01:00:00.000Z' } }],
  ])('%s %j has the outcome that is promised', async (name, more, expected) => {
    const schemes = { rtsp: 'rtsp', 'http-flv': 'http', 'ws-flv': 'ws' };
    const deps = {
      address: (form: string, token: string, protocol: keyof typeof schemes = 'rtsp') =>
        `${form === 'still' ? 'http' : schemes[protocol]}://h/${token}`,
      grants: { open: async (asked: object) => ({ result: 'opened', grant: { id, until: 3_600_000, ...asked }, token: 'token' }) },
      hasChannel: () => true,
      mayPush: () => true,
    };
    const opening = openCommands(deps as unknown as CommandDeps, { clock: openFakeClock(0), random: systemRandom, log: openLog('silent') });
    const outcome = await opening({ id: 'c-1', name, issuedAt: 0, expiresAt: 60_000, body: { camera: 'cam-1', grant: {}, ...more } });
    expect(outcome).toEqual({ id: 'c-1', result: 'done', grant: id, ...expected });
    const schema = z.fromJSONSchema(JSON.parse(read('schemas/outcome.json')));
    expect(schema.safeParse({ ...outcome, time: '2026-11-20T04:00:00Z' }).error).toBeUndefined();
    expect(schema.safeParse({ ...outcome, time: '2026-11-20T04:00:00Z', still: { address: 'x' } }).success).toBe(false);
  });

  it('say what is missing of a push', async () => {
    const body = { camera: 'cam-1', grant: {}, deliver: 'push' };
    const outcome = await run({ id: 'c-1', name: 'stream.open', issuedAt: 0, expiresAt: 60_000, body });
    expect(outcome).toMatchObject({ result: 'refused', reason: 'command.body-wrong', message: expect.stringMatching(/^to: needed/) });
  });

  it.each([
    ['stream.open', { protocol: 'http-flv' }, /^quality: metadata is fetched over RTSP/],
    ['stream.open', { deliver: 'push', to: 'rtsp://h/live/1' }, /^quality: metadata is fetched over RTSP/],
    ['snapshot.take', {}, /^quality: a still/],
  ])('refuse metadata by %s %j', async (name, more, message) => {
    const body = { camera: 'cam-1', grant: {}, quality: 'metadata', ...more };
    const outcome = await run({ id: 'c-1', name, issuedAt: 0, expiresAt: 60_000, body });
    expect(outcome).toMatchObject({ result: 'refused', reason: 'command.body-wrong', message: expect.stringMatching(message) });
  });

  const acts = { acknowledge: async () => 'acknowledged', clear: async () => 'over' };
  const done = async () => ({ result: 'done' });
  const cameraActs = { actorOf: async () => ({ holder: 'grant:1', by: 'hub:kim' }), order: done, stop: done, presets: done };
  const env = { clock: openFakeClock(0), random: systemRandom, log: openLog('silent') };
  const run = openCommands({ acts, cameraActs } as unknown as CommandDeps, env);

  it.each([
    ['alarm.acknowledge', { alarm: id, person: 'kim' }, 'done'],
    ['alarm.acknowledge', { alarm: id, person: 'kim', note: 'seen' }, 'done'],
    ['alarm.acknowledge', { alarm: id }, 'refused'],
    ['alarm.acknowledge', { alarm: id, person: 'kim\n' }, 'refused'],
    ['alarm.acknowledge', { alarm: '', person: 'kim' }, 'refused'],
    ['alarm.acknowledge', { alarm: id, person: 'kim', note: 'x'.repeat(301) }, 'refused'],
    ['alarm.reset', { alarm: id, person: 'kim', reason: 'panel reset' }, 'done'],
    ['alarm.reset', { alarm: id, person: 'kim' }, 'refused'],
    ['alarm.reset', { alarm: id, person: 'kim', reason: '-' }, 'refused'],
    ['ptz.move', { camera: 'cam-1', grant: id, pan: 0.5 }, 'done'],
    ['ptz.move', { camera: 'cam-1', channel: 2, grant: id, way: 'relative', zoom: -1, forMs: 500 }, 'done'],
    ['ptz.move', { camera: 'cam-1', grant: id, way: 'absolute', pan: 1, tilt: -1, zoom: 1 }, 'done'],
    ['ptz.move', { camera: 'cam-1', grant: id }, 'refused'],
    ['ptz.move', { camera: 'cam-1', pan: 0.5 }, 'refused'],
    ['ptz.move', { camera: 'cam-1', grant: id, pan: 1.5 }, 'refused'],
    ['ptz.move', { camera: 'cam-1', grant: id, pan: 1, forMs: 60_000 }, 'refused'],
    ['ptz.stop', { camera: 'cam-1', grant: id }, 'done'],
    ['ptz.stop', { camera: 'cam-1' }, 'refused'],
    ['ptz.preset', { camera: 'cam-1', grant: id, preset: '1' }, 'done'],
    ['ptz.preset', { camera: 'cam-1', grant: id, action: 'home' }, 'done'],
    ['ptz.preset', { camera: 'cam-1', grant: id, action: 'list' }, 'done'],
    ['ptz.preset', { camera: 'cam-1', grant: id }, 'refused'],
    ['ptz.preset', { camera: 'cam-1', grant: id, action: 'go' }, 'refused'],
  ])('%s %j is %s by gateway and schema', async (name, body, result) => {
    const outcome = await run({ id: 'c-1', name, issuedAt: 0, expiresAt: 60_000, body });
    expect(outcome.result).toBe(result);
    const schema = z.fromJSONSchema(JSON.parse(read(`schemas/command-${name.replace('.', '-')}.json`)));
    expect(schema.safeParse({ ...envelope, ...body }).success).toBe(result === 'done');
  });
});
