// The virtual panel and the virtual MQTT devices, read by programs that were not written here: iconv, and Mosquitto with its client.
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openSimulatedSite } from '#simulator';
import { openMosquitto } from '../peers/mosquitto.ts';
import { env, run, until } from './world.ts';

describe('a fire panel', () => {
  it('prints its lines in CP949, as iconv reads it', async () => {
    await using site = await openSimulatedSite({ sensors: [{ id: 'panel', kind: 'panel' }] }, env);
    const [panel] = site.facts().panels;
    const heard: Buffer[] = [];
    const socket = connect(panel?.port ?? 0, '127.0.0.1').on('data', (bytes) => heard.push(bytes));
    // The panel prints to whoever is connected, so it is asked until it does.
    expect(
      await until(() => {
        if (heard.length === 0) void site.sensor('panel')?.trip(true, 'fire');
        return heard.length > 0;
      }),
    ).toBe(true);
    await site.sensor('panel')?.trip(false, 'fire');
    const text = (): string => spawnSync('iconv', ['-f', 'CP949', '-t', 'UTF-8'], { input: Buffer.concat(heard) }).stdout.toString();
    expect(await until(() => text().includes('복구'))).toBe(true);
    socket.destroy();
    const lines = text().trim().split('\r\n');
    expect(lines[0]).toMatch(/^\[화재\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 01-001 본관 1층 로비$/);
    expect(lines.at(-1)).toMatch(/^\[복구\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 수신기 복구$/);
  });
});

describe('an MQTT device', () => {
  it('reports to a Mosquitto, as its client prints it', async () => {
    await using broker = await openMosquitto();
    await using site = await openSimulatedSite(
      { sensors: [{ id: 'h-1', kind: 'hydrant' }], mqttUrl: `mqtt://127.0.0.1:${broker.port}` },
      env,
    );
    await site.sensor('h-1')?.trip(true, 'parking');
    const { said } = await run('mosquitto_sub', ['-p', String(broker.port), '-t', 'site/#', '-v', '-C', '1', '-W', '15']);
    const [topic, ...payload] = said.split(' ');
    expect(topic).toBe('site/hydrant/h-1');
    expect(JSON.parse(payload.join(' '))).toMatchObject({ parking: 'occupied', pressure: 350 });
  });
});
