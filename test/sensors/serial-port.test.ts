// A serial port that is pulled out in the moment of its opening, when its driver does not notice: it is closed all the same.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openLog, systemEnv } from '#base';
import { openSerialPort } from '../../src/sensors/wire/index.ts';
import { openPtyPair } from '../peers/pty.ts';

const env = systemEnv(openLog('silent'));

it('says that it is gone within two seconds', async () => {
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
