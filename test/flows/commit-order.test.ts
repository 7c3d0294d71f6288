// The order of the system calls: the disk has the alarm before the sender has its answer, and before the broker has the message.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eventually, freePort, openGateway } from '../peers/gateway.ts';
import { openTrace } from '../peers/strace.ts';
import { fallMessage, fallRadar, fallToken, openProvince } from './site.ts';

const synced = /\b(fdatasync|fsync)\(.*\)\s*=\s*0|<\.\.\. (fdatasync|fsync) resumed>.*=\s*0/;

it('commits before it answers', async () => {
  await using province = await openProvince();
  const port = await freePort();
  await using gateway = await openGateway(async (folder) => ({
    uplink: { ...province.uplink, url: province.broker.url, tls: {} },
    sensors: { webhook: await fallRadar(folder, port) },
  }));
  await eventually(
    'the connection to the hub',
    async () => ((await gateway.query('status')) as { uplink: { connected: boolean } }).uplink.connected || undefined,
  );
  const trace = await openTrace(
    gateway.pid,
    ['read', 'write', 'writev', 'sendto', 'sendmsg', 'fsync', 'fdatasync'],
    join(gateway.folder, 'trace'),
  );
  await sleep(300);
  const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
    method: 'POST',
    body: fallMessage('one', 'fall confirmed'),
    headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
  });
  expect(response.status).toBe(200);
  await province.hub.wait('the alarm', ({ topic }) => topic.endsWith('/alarm/fall/fall-1'));
  await sleep(200);
  const calls = await trace.stop();

  const asked = calls.findIndex((call) => /POST \/webhook\/radar/.test(call));
  const answered = calls.findIndex((call) => /HTTP\/1\.1 200/.test(call));
  const published = calls.findIndex((call) => /\/alarm\/fal/.test(call));
  const commits = calls.flatMap((call, index) => (index > asked && synced.test(call) ? [index] : []));
  expect(asked).toBeGreaterThanOrEqual(0);
  expect(answered).toBeGreaterThan(asked);
  expect(published).toBeGreaterThan(asked);
  expect(commits[0]).toBeGreaterThan(asked);
  expect(commits[0]).toBeLessThan(answered);
  expect(commits[0]).toBeLessThan(published);
});
