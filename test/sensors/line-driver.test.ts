// The line driver on what it meets: a terminal that is pulled out, ser2net, panels that connect, datagrams, nonsense, silence, a store that fails.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog, systemEnv } from '#base';
import type { Alarm } from '#model';
import { openSensors, type Sensors } from '#sensors';
import { sensorsOptions } from '#sensors/options';
import { openPtyPair, type PtyPair } from '../peers/pty.ts';
import { openSer2net } from '../peers/ser2net.ts';
import { openRecorder, type Recorder } from './recorder.ts';

const system = systemEnv(openLog('silent'));
/** Ports are tried again after one second, the shortest time. */
const env = { ...system, random: { ...system.random, uniform: () => 0 } };
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

function start(line: object, recorder: Recorder, more: object = {}): Sensors {
  const lines = [{ id: 'panel', device: 'panel-1', grammar: 'own', ...line }];
  const grammars = { own };
  const sensors = openSensors(sensorsOptions.parse({ lines, grammars, ...more }), recorder, env);
  const stop = new AbortController();
  const done = sensors.service.run(stop.signal);
  stops.push(async () => {
    stop.abort();
    await done;
  });
  return sensors;
}

function keep<T extends AsyncDisposable>(peer: T): T {
  stops.push(async () => peer[Symbol.asyncDispose]());
  return peer;
}

const own = {
  patterns: [
    { says: 'alarm', kind: 'fire-panel', channel: 'zone-{zone}', match: 'FIRE (?<zone>\\d+) (?<premises>.+)' },
    { says: 'alarm', kind: 'tamper', state: 'pulse', match: 'DOOR (?<door>\\d+)' },
    { says: 'fault', as: 'power-fault', channel: 'mains', fault: 'no mains', match: 'MAINS OFF' },
    { says: 'fault', as: 'power-fault', channel: 'mains', state: 'inactive', fault: 'mains', match: 'MAINS ON' },
    { says: 'reset', match: 'RESET' },
    { says: 'heartbeat', match: 'OK' },
  ],
};

const states = (recorder: Recorder): string[] => recorder.reports.map(({ channel, kind, state }) => `${channel} ${kind} ${state}`);

async function eventually(check: () => void | Promise<void>, ms = 4000): Promise<void> {
  await vi.waitFor(check, { timeout: ms, interval: 20 });
}

/** Waits until the port is open: its bytes come back as heard. */
async function untilHeard(sensors: Sensors, pty: PtyPair): Promise<void> {
  const before = sensors.status()[0]?.lastHeardAt;
  await vi.waitFor(
    async () => {
      await pty.say('OK\r\n');
      expect(sensors.status()[0]?.lastHeardAt).not.toBe(before);
    },
    { timeout: 10_000, interval: 100 },
  );
}

describe('a fire panel on a serial port', () => {
  it('has its fire reported within a second, with zone and premises, until it is reset; its power is a condition', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const sensors = start({ via: 'serial', port: pty.a, name: '본관 수신기' }, recorder);
    await untilHeard(sensors, pty);
    expect(sensors.devices()).toMatchObject([{ id: 'panel-1', name: '본관 수신기', address: 'panel' }]);
    const before = performance.now();
    await pty.say('FIRE 12 2F corridor\r\n');
    await eventually(() => expect(recorder.reports.length).toBe(1));
    expect(performance.now() - before).toBeLessThan(1000);
    expect(recorder.reports[0]).toMatchObject({
      device: 'panel-1',
      channel: 'zone-12',
      kind: 'fire-panel',
      state: 'active',
      clockQuality: 'receipt',
      detail: { zone: '12', premises: '2F corridor' },
    });
    await pty.say('MAINS OFF\r\nFIRE 13 3F hall\r\nDOOR 1\r\nDOOR 1\r\nMAINS ON\r\nRESET\r\n');
    await eventually(() => expect(recorder.reports.length).toBe(5));
    expect(states(recorder)).toEqual([
      'zone-12 fire-panel active',
      'zone-13 fire-panel active',
      'tamper tamper pulse',
      'zone-12 fire-panel inactive',
      'zone-13 fire-panel inactive',
    ]);
    expect(recorder.said()).toEqual(['power-fault raised panel-1', 'power-fault cleared panel-1']);
    expect(sensors.status()).toMatchObject([{ device: 'panel-1', driver: 'line', source: 'panel', state: 'ok', problem: undefined }]);
  });

  it('is one of several on its line: the address tells whose zone, trouble, reset and silence it is', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const shared = {
      address: 'panel',
      patterns: [
        { says: 'alarm', kind: 'fire-panel', channel: 'zone-{zone}', match: '(?<panel>\\d\\d) FIRE (?<zone>\\d+) (?<premises>.+)' },
        { says: 'fault', as: 'power-fault', channel: 'mains', fault: 'no mains', match: '(?<panel>\\d\\d) MAINS OFF' },
        { says: 'reset', of: 'all', match: '(?:(?<panel>\\d\\d) )?RESET' },
        { says: 'heartbeat', match: '(?:(?<panel>\\d\\d) )?OK' },
        { says: 'values', match: '(?<panel>\\d\\d) LEVEL (?<level>[\\d.]+)' },
      ],
    };
    const devices = [
      { device: 'panel-east', key: '01', premises: '동관' },
      { device: 'panel-west', key: '02', premises: '서관', template: 'water-level' },
    ];
    const sensors = start({ via: 'serial', port: pty.a, devices, silentAfter: '2s' }, recorder, { grammars: { own: shared } });
    await untilHeard(sensors, pty);
    expect(sensors.devices().map(({ id, record }) => `${id} ${record?.premises ?? '-'}`)).toEqual([
      'panel-1 -',
      'panel-east 동관',
      'panel-west 서관',
    ]);
    await pty.say('01 FIRE 3 lobby\r\n02 FIRE 3 kitchen\r\n02 MAINS OFF\r\n09 FIRE 1 attic\r\n02 LEVEL 2.5\r\n01 RESET\r\n');
    await eventually(() => expect(recorder.reports.length).toBe(4));
    const told = (): string[] => recorder.reports.map(({ device, channel, state }) => `${device} ${channel} ${state}`);
    expect(told()).toEqual(['panel-east zone-3 active', 'panel-west zone-3 active', 'panel-1 zone-1 active', 'panel-east zone-3 inactive']);
    expect(recorder.reports[2]?.detail).toMatchObject({ panel: '09', premises: 'attic' });
    expect(recorder.said()).toContain('power-fault raised panel-west');
    expect(sensors.status()[2]?.values).toEqual({ level: 2.5 });
    await pty.say('RESET\r\n');
    await eventually(() => expect(told().slice(4)).toEqual(['panel-1 zone-1 inactive', 'panel-west zone-3 inactive']));
    expect(recorder.said()).toContain('power-fault cleared panel-west');
    // The watchdog of one panel: the others go on.
    for (let beat = 0; beat < 8; beat += 1) {
      await pty.say('01 OK\r\n');
      await sleep(400);
    }
    expect(recorder.said()).toContain('sensor-silent raised panel-west');
    expect(recorder.said()).not.toContain('sensor-silent raised panel-east');
  });

  it('ends after a restart what was open before it, by its reset', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    recorder.open.push({ device: 'panel-1', channel: 'zone-7', kind: 'fire-panel', test: false } as Alarm);
    const sensors = start({ via: 'serial', port: pty.a }, recorder);
    await untilHeard(sensors, pty);
    await pty.say('RESET\r\n');
    await eventually(() => expect(states(recorder)).toEqual(['zone-7 fire-panel inactive']));
  });

  it('is heard again when its port comes back, and a line that was cut in two means nothing', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const sensors = start({ via: 'serial', port: pty.a }, recorder);
    await untilHeard(sensors, pty);
    for (let round = 1; round <= 3; round += 1) {
      await pty.say(`FIRE ${round}`);
      await sleep(30);
      await pty.unplug();
      await pty.replug();
      await vi.waitFor(
        async () => {
          await pty.say(`9 floor ${round}\r\nOK\r\nFIRE 1${round} floor ${round}\r\n`);
          expect(states(recorder).filter((each) => each.startsWith(`zone-1${round} `)).length).toBeGreaterThan(0);
        },
        { timeout: 8000, interval: 100 },
      );
    }
    expect([...new Set(states(recorder))]).toEqual([1, 2, 3].map((round) => `zone-1${round} fire-panel active`));
    await pty.unplug();
    await eventually(() => expect(recorder.said()).toContain('bus-fault raised gateway'), 8000);
    // What was left of a line that was cut may have been a fire.
    expect(recorder.conditions[0]).toMatchObject({ channel: 'unknown-line-1', message: { en: expect.stringMatching(/: 9 floor 1$/) } });
    expect(recorder.conditions.at(-1)).toMatchObject({
      channel: 'panel',
      message: { en: expect.stringContaining('serial port is not there') },
    });
    await pty.replug();
    // A port that opens has proved nothing.
    await eventually(
      () => expect(sensors.status()[0]).toMatchObject({ state: 'fault', problem: { en: expect.stringMatching(/open again/) } }),
      8000,
    );
    expect(recorder.said().at(-1)).toBe('bus-fault raised gateway');
    await pty.say('OK\r\n');
    await eventually(() => expect(recorder.said().at(-1)).toBe('bus-fault cleared gateway'), 8000);
  }, 40_000);

  it('that makes no sense is told, also by its status, until it does; silence is told', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const sensors = start({ via: 'serial', port: pty.a, silentAfter: '1500ms' }, recorder);
    await untilHeard(sensors, pty);
    const garbage = Array.from({ length: 10 }, (_, at) => Buffer.from([0x80 + at, 0xff, 0xfe, 0x31, 0x0d]));
    await pty.say(Buffer.concat(garbage));
    await eventually(() => expect(recorder.said()).toEqual(['sensor-fault raised panel-1']));
    expect(sensors.status()).toMatchObject([{ state: 'fault', problem: { en: expect.stringContaining('Check speed and parity') } }]);
    await eventually(() => expect(recorder.said()).toEqual(['sensor-fault raised panel-1', 'sensor-silent raised panel-1']), 5000);
    await pty.say('OK\r\n');
    await eventually(() => expect(recorder.said().slice(2)).toEqual(['sensor-fault cleared panel-1', 'sensor-silent cleared panel-1']));
  });

  it('waits with its fire for a store that fails, in order, nothing twice', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const sensors = start({ via: 'serial', port: pty.a }, recorder);
    await untilHeard(sensors, pty);
    recorder.failing = true;
    await pty.say('FIRE 1 a\r\nFIRE 2 b\r\nRESET\r\nFIRE 3 c\r\n');
    await sleep(300);
    recorder.failing = false;
    await eventually(() => expect(recorder.reports.length).toBe(5));
    expect(states(recorder).map((each) => each.replace(' fire-panel', ''))).toEqual([
      'zone-1 active',
      'zone-2 active',
      'zone-1 inactive',
      'zone-2 inactive',
      'zone-3 active',
    ]);
  });
});

describe('a line over the network', () => {
  it('through ser2net is the same, and comes back when the serial server does', async () => {
    const pty = keep(await openPtyPair());
    const recorder = openRecorder();
    const server = await openSer2net(pty.a);
    const sensors = start({ via: 'tcp', host: '127.0.0.1', port: server.port, grammar: 'korean-r-type' }, recorder);
    await vi.waitFor(
      async () => {
        await pty.say(Buffer.from('5bc1a4bbf35d206f6b0d0a', 'hex'));
        expect(sensors.status()[0]?.state).toBe('ok');
      },
      { timeout: 8000, interval: 100 },
    );
    // [화재] in CP949
    await pty.say(
      Buffer.concat([
        Buffer.from('5bc8adc0e75d', 'hex'),
        Buffer.from(' 2026-11-20 14:00:05 01-02-015 '),
        Buffer.from('c8adc0e70d0a', 'hex'),
      ]),
    );
    await eventually(() => expect(recorder.reports).toMatchObject([{ channel: 'zone-01-02-015', detail: { premises: '화재' } }]));
    await server[Symbol.asyncDispose]();
    await eventually(() => expect(recorder.said()).toContain('bus-fault raised gateway'), 8000);
    expect(recorder.conditions.at(-1)?.message.en).toContain('serial server accepts no connection');
  }, 30_000);

  it('is taken of panels that connect from where they may, and of nobody else', async () => {
    const recorder = openRecorder();
    const from = ['127.0.0.2', '10.9.0.0/16'];
    const sensors = start({ via: 'tcp-listen', listen: { port: 0 }, from }, recorder);
    await eventually(() => expect(sensors.lineAddress('panel')).toBeDefined());
    const { port } = sensors.lineAddress('panel') ?? { port: 0 };
    const dial = (localAddress: string) => connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
    const stranger = dial('127.0.0.3');
    stranger.write('FIRE 66 lies\r\n');
    await once(stranger, 'close');
    const [one, two] = [dial('127.0.0.2'), dial('127.0.0.2')];
    one.write('FIRE 1 ha');
    two.write('FIRE 2 whole\r\n');
    await eventually(() => expect(recorder.reports.length).toBe(1));
    one.write('ll\r\n');
    await eventually(() => expect(states(recorder)).toEqual(['zone-2 fire-panel active', 'zone-1 fire-panel active']));
    two.write('FIRE 3 ha');
    two.end();
    await once(two, 'close');
    one.write('OK\r\n');
    await sleep(50);
    expect(recorder.reports.length).toBe(2);
    one.destroy();
  });

  it('of a connection waits in the kernel: nothing of one long read is dropped, and no other panel waits for it', async () => {
    const recorder = openRecorder();
    const sensors = start({ via: 'tcp-listen', listen: { port: 0 }, from: ['127.0.0.0/8'] }, recorder);
    await eventually(() => expect(sensors.lineAddress('panel')).toBeDefined());
    const { port } = sensors.lineAddress('panel') ?? { port: 0 };
    const dial = (localAddress: string) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
      stops.push(async () => void socket.destroy());
      return socket;
    };
    const [loud, quiet] = [dial('127.0.0.2'), dial('127.0.0.3')];
    recorder.failing = true;
    const status = 'STATUS 000000000000000000000000000000000\r\n';
    loud.write(`${status.repeat(1600)}FIRE 1 hall\r\n${status.repeat(1600)}FIRE 2 hall\r\n`);
    await sleep(100);
    quiet.write('FIRE 3 cellar\r\n');
    await sleep(100);
    recorder.failing = false;
    await eventually(() => expect(recorder.reports).toHaveLength(3));
    expect(states(recorder).at(-1)).toBe('zone-2 fire-panel active');
    expect(recorder.said().join()).not.toContain('alarm-flood');
  });

  it('keeps a panel that was understood, however many connect and say nothing', async () => {
    const recorder = openRecorder();
    const sensors = start({ via: 'tcp-listen', listen: { port: 0 }, from: ['127.0.0.0/8'] }, recorder);
    await eventually(() => expect(sensors.lineAddress('panel')).toBeDefined());
    const { port } = sensors.lineAddress('panel') ?? { port: 0 };
    const dial = async (localAddress: string) => {
      const socket = connect({ host: '127.0.0.1', port, localAddress }).on('error', () => {});
      stops.push(async () => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const panel = await dial('127.0.0.2');
    panel.write('OK\r\n');
    await eventually(() => expect(sensors.status()[0]?.lastHeardAt).toBeDefined());
    for (let at = 0; at < 40; at += 1) await dial(`127.0.0.${3 + (at % 4)}`);
    panel.write('FIRE 1 hall\r\n');
    await eventually(() => expect(states(recorder)).toEqual(['zone-1 fire-panel active']));
  });

  it('is taken from datagrams, each whole in itself; a flood is told, and neither loses what came before nor stops the rest', async () => {
    const recorder = openRecorder();
    const sensors = start({ via: 'udp', listen: { port: 0 }, from: ['127.0.0.1'] }, recorder);
    await eventually(() => expect(sensors.lineAddress('panel')).toBeDefined());
    const { port } = sensors.lineAddress('panel') ?? { port: 0 };
    const socket = createSocket('udp4');
    stops.push(async () => {
      socket.close();
    });
    const send = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      });
    await send('FIRE 1 hall');
    await eventually(() => expect(states(recorder)).toEqual(['zone-1 fire-panel active']));
    await send(`${'OK\r\n'.repeat(6000)}FIRE`);
    await eventually(() => expect(recorder.said()).toContain('alarm-flood raised panel-1'));
    await eventually(async () => {
      await send('FIRE 2 cellar');
      await sleep(50);
      expect(states(recorder)).toContain('zone-2 fire-panel active');
    });
  });

  it('loses no datagram of one panel to the flood of another, and no fire to its own flood', async () => {
    const recorder = openRecorder();
    const sensors = start({ via: 'udp', listen: { port: 0 }, from: ['127.0.0.0/8'] }, recorder);
    await eventually(() => expect(sensors.lineAddress('panel')).toBeDefined());
    const { port } = sensors.lineAddress('panel') ?? { port: 0 };
    const senderAt = async (address: string): Promise<(text: string) => Promise<void>> => {
      const socket = createSocket('udp4').bind(0, address);
      stops.push(async () => void socket.close());
      await once(socket, 'listening');
      return (text) =>
        new Promise((resolve, reject) => {
          socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
        });
    };
    const [loud, quiet] = [await senderAt('127.0.0.2'), await senderAt('127.0.0.3')];
    recorder.failing = true;
    await loud('DOOR 1');
    for (let at = 0; at < 4; at += 1) await loud('OK\r\n'.repeat(500));
    await loud('FIRE 1 hall');
    await loud('OK\r\n'.repeat(500));
    await quiet('MAINS OFF');
    await quiet('FIRE 2 cellar');
    await loud('OK\r\n'.repeat(500));
    await sleep(100);
    recorder.failing = false;
    await eventually(() =>
      expect(states(recorder).toSorted()).toEqual(['tamper tamper pulse', 'zone-1 fire-panel active', 'zone-2 fire-panel active']),
    );
    await eventually(() =>
      expect(recorder.said()).toEqual(expect.arrayContaining(['alarm-flood raised panel-1', 'power-fault raised panel-1'])),
    );
    expect(recorder.conditions.find(({ kind }) => kind === 'alarm-flood')?.detail).toBe('127.0.0.2');
  });
});
