// A serial port: one that is pulled out in the moment of its opening is closed all the same; one that is missing or forbidden says what to do.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSerialPort } from '../../src/sensors/wire/index.ts';
import { openPtyPair } from '../peers/pty.ts';

const env = systemEnv(openLog('silent'));

it('that is pulled out says that it is gone within two seconds', async () => {
  await using pty = await openPtyPair();
  for (let round = 0; round < 4; round += 1) {
    const port = await openSerialPort({ port: pty.a, baud: 9600, parity: 'none', stopBits: 1 }, env);
    const closed = once(port, 'close', { signal: AbortSignal.timeout(2500) });
    await pty.unplug();
    await closed;
    expect(port.isOpen).toBe(false);
    await pty.replug();
  }
});

it('that is missing names the ports that are there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-by-id-'));
  await writeFile(join(folder, 'usb-FTDI_RS485-if00'), '');
  const opening = openSerialPort({ port: '/dev/ttyNONE', baud: 9600, parity: 'none', stopBits: 1 }, env, folder);
  await expect(opening).rejects.toMatchObject({
    code: 'sensors.port-missing',
    detail: `/dev/ttyNONE; there is ${folder}/usb-FTDI_RS485-if00`,
  });
  await rm(folder, { recursive: true });
});

it('that may not be opened names the group that may', async () => {
  await using pty = await openPtyPair();
  await chmod(await realpath(pty.a), 0);
  const [port, clock] = ['../../src/sensors/wire/index.ts', '../../src/base/index.ts'].map((path) => new URL(path, import.meta.url).href);
  const script = `const { openSerialPort } = await import('${port}'); const { systemClock: clock } = await import('${clock}');
    const told = await openSerialPort({ port: process.argv[1], baud: 9600, parity: 'none', stopBits: 1 }, { clock }).catch((fault) => fault);
    console.log(JSON.stringify({ code: told.code, hint: told.hint })); process.exit();`;
  // root may open everything: another account tries.
  const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const path = await realpath(pty.a);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path], { ...account, cwd: '/' });
  expect(JSON.parse(stdout)).toEqual({
    code: 'sensors.port-forbidden',
    hint: { en: expect.stringContaining('dialout'), ko: expect.stringContaining('dialout') },
  });
});
