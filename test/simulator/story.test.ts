// Scripts: what is refused before anything is played, what is played and when, and the whole run as the command line starts it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedSite, playStory, readStory, runSimulator, type SimulatedSite } from '#simulator';
import { env, until } from './world.ts';

let site: SimulatedSite;
beforeAll(async () => {
  const sensors = [
    { id: 'smoke-1', kind: 'modbus-tcp' },
    { id: 'fall-1', kind: 'webhook' },
  ] as const;
  site = await openSimulatedSite({ cameras: 1, sensors }, env);
});
afterAll(async () => await site[Symbol.asyncDispose]());

describe('a script', () => {
  it.each([
    ['no list', { at: '3s' }, /step: .*array/],
    ['an unknown act', [{ at: '3s', do: 'explode' }], /step 0 do/],
    ['a time without unit', [{ at: '3', do: 'smoke', device: 'smoke-1' }], /step 0 at: expected 0s … 24h/],
    ['an unknown key', [{ at: '3s', do: 'smoke', device: 'smoke-1', loud: true }], /step 0: .*loud/],
    ['an unknown device', [{ at: '3s', do: 'smoke', device: 'smoke-9' }], /step 0 smoke: no smoke sensor smoke-9/],
    [
      'another kind of device',
      [
        { do: 'fall', device: 'smoke-1' },
        { do: 'motion', device: 'smoke-1' },
      ],
      /no fall sensor smoke-1; step 1 motion: no camera/,
    ],
    ['a hub that is not there', [{ do: 'hub-stop' }], /the site has no hub/],
  ])('is refused: %s', (_name, script, problem) => {
    expect(() => readStory(script, site)).toThrow(
      expect.objectContaining({ code: 'simulator.story-invalid', message: expect.stringMatching(problem) }),
    );
  });

  it('plays its steps at their times and ends what lasts', async () => {
    const story = readStory(
      [
        { at: '400ms', do: 'smoke', device: 'smoke-1', for: '300ms' },
        { at: '100ms', do: 'camera-fault', device: 'cam-1', fault: 'silent', for: '100ms' },
        { at: '0s', do: 'motion', device: 'cam-1' },
      ],
      site,
    );
    const told: [string, string, number][] = [];
    const start = Date.now();
    const tell = ({ step, phase }: { step: { do: string }; phase: string }): void => void told.push([step.do, phase, Date.now() - start]);
    const unit = site.sensor('smoke-1')?.unit;
    const playing = playStory(story, site, { tell, signal: new AbortController().signal }, env);
    expect(await until(() => unit?.discreteInputs.get(0) === true)).toBe(true);
    await playing;
    expect(unit?.discreteInputs.get(0)).toBe(false);
    expect(told.map(([name, phase]) => `${name} ${phase}`)).toEqual([
      'motion begin',
      'camera-fault begin',
      'camera-fault end',
      'smoke begin',
      'smoke end',
    ]);
    for (const [index, at] of [0, 100, 200, 400, 700].entries()) expect(told[index]?.[2]).toBeGreaterThanOrEqual(at - 5);
    expect(told[4]?.[2]).toBeLessThan(1500);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const playing = playStory(
      readStory([{ at: '1h', do: 'reboot', device: 'cam-1' }], site),
      site,
      { tell: () => {}, signal: stop.signal },
      env,
    );
    stop.abort();
    await playing;
  });
});

describe('bongsu simulate', () => {
  const withScript = async (text: string, act: (path: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'bongsu-'));
    const path = join(folder, 'story.yaml');
    await writeFile(path, text);
    try {
      await act(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const options = { cameras: 2, sensors: 3, hub: true, discoveryPort: 0, webhookToken: 't-1' };

  it('tells its addresses and its story as JSON lines, and ends at the signal', async () => {
    await withScript('- { at: 0s, do: smoke, device: smoke-1 }\n- { at: 50ms, do: stream, device: cam-1 }\n', async (script) => {
      const stop = new AbortController();
      const lines: Record<string, unknown>[] = [];
      const running = runSimulator(
        { ...options, script, json: true },
        { print: (line) => lines.push(JSON.parse(line)), signal: stop.signal },
        env,
      );
      expect(await until(() => lines.some((line) => line['phase'] === 'failed'))).toBe(true);
      stop.abort();
      expect(await running).toBe(0);
      expect(lines.map((line) => line['event'])).toEqual(['ready', 'story', 'story', 'story', 'counts']);
      expect(lines[0]).toMatchObject({
        hub: { url: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/) },
        buses: [
          { kind: 'modbus-rtu', path: expect.stringMatching(/\/serial-1$/), baudRate: 9600, units: [{ device: 'smoke-1', unitId: 1 }] },
          { kind: 'modbus-tcp', units: [{ device: 'smoke-2', unitId: 1, smoke: { function: 2, address: 0 } }] },
        ],
        webhooks: [{ device: 'fall-1', token: 't-1' }],
        cameras: [{ id: 'cam-1', user: 'admin' }, { id: 'cam-2' }],
      });
      expect(lines[3]).toMatchObject({ phase: 'failed', note: expect.stringContaining('no gateway has shown itself') });
    });
  });

  it.each([
    ['ko', '가상 현장이 준비되었습니다.'],
    ['en', 'The simulated site stands.'],
  ] as const)('speaks %s', async (language, words) => {
    const stop = new AbortController();
    const lines: string[] = [];
    const running = runSimulator(
      { ...options, sensors: 0, json: false, language },
      { print: (line) => lines.push(line), signal: stop.signal },
      env,
    );
    await until(() => lines.length >= 4);
    stop.abort();
    await running;
    expect(lines[0]).toBe(words);
    expect(lines).toHaveLength(5);
  });

  it('names a script that it cannot read', async () => {
    const io = { print: () => {}, signal: new AbortController().signal };
    await expect(runSimulator({ ...options, script: '/nowhere.yaml', json: true }, io, env)).rejects.toMatchObject({
      code: 'simulator.story-invalid',
    });
    await withScript('{ unclosed', async (script) => {
      await expect(runSimulator({ ...options, script, json: true }, io, env)).rejects.toMatchObject({ code: 'simulator.story-invalid' });
    });
  });

  it('names a port that is taken, and leaves nothing behind', async () => {
    await using first = await openSimulatedSite({ hub: true }, env);
    const basePort = first.hub?.port ?? 0;
    await expect(openSimulatedSite({ cameras: 1, sensors: 2, hub: true, basePort }, env)).rejects.toMatchObject({
      code: 'simulator.port-taken',
    });
  });
});
