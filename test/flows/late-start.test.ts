// A start on a disk that hangs: what must be written waits for it, and no alarm waits for that.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { openNotifySocket } from '../peers/notify-socket.ts';
import { openFault } from '../peers/strace.ts';
import { fallMessage, fallRadar, fallToken, openProvince } from './site.ts';

it('a gateway that starts on a disk that hangs takes alarms, and writes what the configuration changed when it can', async () => {
  await using province = await openProvince();
  await using systemd = await openNotifySocket();
  const port = await freePort();
  await using gateway = await openGateway(
    async (folder) => ({ uplink: province.uplink, sensors: { webhook: await fallRadar(folder, port) } }),
    systemd.environment(30_000),
  );
  await gateway.stop();
  const config = join(gateway.folder, 'config.yaml');
  await writeFile(config, (await readFile(config, 'utf8')).replace('봉동읍', '삼례읍'));
  const starts = (): number => systemd.said.filter((state) => state === 'READY=1').length;
  const moved = (): boolean => province.hub.messages.some(({ body }) => JSON.stringify(body).includes('삼례읍'));
  await gateway.start({ ready: false });
  {
    await using _sick = await openFault(gateway.pid, ['fdatasync', 'fsync'], 'delay_enter=3500000');
    await eventually('the start', () => starts() === 2 || undefined, 60_000);
    const push = () =>
      fetch(`http://127.0.0.1:${port}/webhook/radar`, {
        method: 'POST',
        body: fallMessage('early', 'fall confirmed'),
        headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
      });
    // It says that it is ready a moment before its doors open.
    const response = await eventually('an open door', () => push().catch(() => undefined), 10_000);
    expect(await response.json()).toMatchObject({ result: 'raised' });
  }
  await eventually('the changed place at the hub', () => moved() || undefined);
  await eventually('the alarm in the store', async () => {
    const { alarms } = (await gateway.query('alarm', 'list')) as { alarms: object[] };
    return alarms.length === 1 || undefined;
  });
  expect(await gateway.log()).toContain('travel from memory');
});
