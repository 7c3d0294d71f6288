// The local socket against real peers: what it takes, what it refuses, and how it takes the place of a dead gateway.
import { once } from 'node:events';
import { rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { faultTable } from '#base';
import { connectControl } from '#control';
import { openFakeClock } from '../fakes/clock.ts';
import { type Door, openDoor, openRawPeer, recordedHandlers, transition, until } from './door.ts';

const request = (over: object = {}): string => `${JSON.stringify({ id: 1, operation: 'audit.verify', user: 'kim', input: {}, ...over })}\n`;

describe('requests', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['no JSON', 'hello\n', 'control.request-unreadable'],
    ['JSON that is no request', '[1,2]\n', 'control.request-unreadable'],
    ['no UTF-8', '\xff\xfe\n', 'control.request-unreadable'],
    ['an unknown key in the envelope', request({ extra: 1 }), 'control.request-unreadable'],
    ['a user name with a control character', request({ user: 'kim\u001b[2J' }), 'control.request-unreadable'],
    ['a user name with a blank', request({ user: 'kim (proved)' }), 'control.request-unreadable'],
    ['an unknown operation', request({ operation: 'reboot' }), 'control.operation-unknown'],
    ['a name of the prototype', request({ operation: 'constructor' }), 'control.operation-unknown'],
    ['an unknown key in the input', request({ input: { deep: true } }), 'control.input-invalid'],
    [
      'a password in the address',
      request({ operation: 'camera.add', input: { id: 'c', address: 'rtsp://a:b@h/1' } }),
      'control.input-invalid',
    ],
    ['an id that is none', request({ operation: 'camera.remove', input: { id: 'CAM 1' } }), 'control.input-invalid'],
    ['deep nesting', `${'['.repeat(30_000)}\n`, 'control.request-unreadable'],
  ];
  it.each(refused)('refuses %s and keeps the connection', async (_, line, code) => {
    await using door = await openDoor();
    const peer = openRawPeer(door.path);
    peer.socket.write(Buffer.from(line, 'latin1'));
    expect(await peer.line()).toMatchObject({ fault: { code, hint: { ko: expect.any(String), en: expect.any(String) } } });
    peer.socket.write(request());
    expect(await peer.line()).toEqual({ id: 1, answer: { rows: 7, valid: true } });
    peer.socket.destroy();
  });

  it('hands the caller on as a claim and the input with its defaults', async () => {
    const { handlers, calls } = recordedHandlers();
    await using door = await openDoor({ handlers });
    await using client = await connectControl(door.path, 'kim');
    await client.call('alarm.list', {});
    expect(calls.map(({ input, context }) => ({ input, origin: context.origin }))).toEqual([
      { input: { limit: 20, openOnly: false }, origin: 'cli:kim (claimed)' },
    ]);
  });

  it('lets nothing leave that the contract does not name', async () => {
    const { handlers } = recordedHandlers({ 'audit.verify': async () => Object.assign({ rows: 1, valid: true }, { tokenHash: 'secret' }) });
    await using door = await openDoor({ handlers });
    const peer = openRawPeer(door.path);
    peer.socket.write(request());
    expect(await peer.line()).toEqual({ id: 1, answer: { rows: 1, valid: true } });
    peer.socket.destroy();
  });

  it('takes a request that comes in pieces and two that come at once, in order', async () => {
    await using door = await openDoor();
    const peer = openRawPeer(door.path);
    const both = request() + request({ id: 2 });
    for (const piece of [both.slice(0, 7), both.slice(7, 90), both.slice(90)]) {
      peer.socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(await peer.line()).toMatchObject({ id: 1 });
    expect(await peer.line()).toMatchObject({ id: 2 });
    peer.socket.destroy();
  });

  it('says why and hangs up on a line above 64 KiB', async () => {
    await using door = await openDoor();
    const peer = openRawPeer(door.path);
    peer.socket.write('x'.repeat(64 * 1024 + 1));
    expect(await peer.line()).toMatchObject({ id: null, fault: { code: 'control.request-too-large' } });
    await peer.closed;
  });

  it('hangs up on a client that asks ahead without end', async () => {
    const never = recordedHandlers({ 'audit.verify': () => new Promise(() => {}) });
    await using door = await openDoor({ handlers: never.handlers });
    const peer = openRawPeer(door.path);
    peer.socket.write(request().repeat(10));
    expect(await peer.line()).toMatchObject({ fault: { code: 'control.busy' } });
    await peer.closed;
  });

  it("tells a handler's own fault with its hint, and any other error as control.failed", async () => {
    const faults = faultTable('registry', {
      unknown: { message: { en: 'No such camera', ko: '없는 카메라' }, hint: { en: 'List them', ko: '목록 확인' } },
    });
    const { handlers } = recordedHandlers({
      'camera.remove': async () => {
        throw faults.fault('unknown', { detail: 'cam-9' });
      },
      'grant.revoke': async () => {
        throw new TypeError('boom');
      },
    });
    await using door = await openDoor({ handlers });
    await using client = await connectControl(door.path, 'kim');
    await expect(client.call('camera.remove', { id: 'cam-9' })).rejects.toMatchObject({
      code: 'registry.unknown',
      text: { ko: '없는 카메라: cam-9' },
      hint: { ko: '목록 확인' },
    });
    await expect(client.call('grant.revoke', { id: 'g', reason: 'mistake' })).rejects.toMatchObject({ code: 'control.failed' });
    expect(await client.call('audit.verify', {})).toEqual({ rows: 7, valid: true });
  });
});

describe('time', () => {
  it('gives an operation 60 s and aborts its signal then', async () => {
    const clock = openFakeClock(0);
    const { handlers, calls } = recordedHandlers({ 'audit.verify': () => new Promise(() => {}) });
    await using door = await openDoor({ handlers, clock });
    await using client = await connectControl(door.path, 'kim');
    const answer = client.call('audit.verify', {});
    answer.catch(() => {});
    await until(() => calls.length === 1);
    clock.advance(59_999);
    expect(calls[0]?.context.signal.aborted).toBe(false);
    clock.advance(1);
    await expect(answer).rejects.toMatchObject({ code: 'control.timed-out', retryable: true });
    expect(calls[0]?.context.signal.aborted).toBe(true);
  });

  it('closes a connection that asks nothing for 60 s, also one that dribbles', async () => {
    const clock = openFakeClock(0);
    await using door = await openDoor({ clock });
    const peer = openRawPeer(door.path);
    peer.socket.write(request());
    await peer.line();
    peer.socket.write('{');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.socket.closed).toBe(false);
    clock.advance(60_000);
    await peer.closed;
  });

  it('cuts off a client that does not read, and ends its tail', async () => {
    const clock = openFakeClock(0);
    let sent = 0;
    let ended = false;
    const { handlers } = recordedHandlers({
      'alarm.tail': async function* () {
        try {
          for (;;) {
            sent += 1;
            yield { row: sent, transition: { ...transition, reason: 'x'.repeat(10_000) } };
          }
        } finally {
          ended = true;
        }
      },
    });
    await using door = await openDoor({ handlers, clock });
    const peer = openRawPeer(door.path);
    peer.socket.pause();
    peer.socket.write(request({ operation: 'alarm.tail' }));
    await until(() => sent > 2);
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(ended).toBe(false);
    await until(() => {
      clock.advance(10_000);
      return ended;
    });
    peer.socket.destroy();
  });
});

describe('tails', () => {
  it('sends items until the asker leaves, and tells the handler', async () => {
    let leave: AbortSignal | undefined;
    const { handlers } = recordedHandlers({
      'alarm.tail': async function* (_, { signal }) {
        leave = signal;
        for (let row = 1; row <= 3; row += 1) yield { row, transition };
        await once(signal, 'abort');
      },
    });
    await using door = await openDoor({ handlers });
    const client = await connectControl(door.path, 'kim');
    const stop = new AbortController();
    const rows: number[] = [];
    for await (const { row } of client.follow('alarm.tail', {}, stop.signal)) {
      rows.push(row);
      if (row === 3) stop.abort();
    }
    expect(rows).toEqual([1, 2, 3]);
    await until(() => leave?.aborted === true);
  });

  it('of a handler that does not hear its signal still gives the place back', async () => {
    let started = 0;
    const { handlers } = recordedHandlers({
      'alarm.tail': async function* () {
        started += 1;
        await new Promise(() => {});
        yield { row: 1, transition };
      },
    });
    await using door = await openDoor({ handlers });
    for (let round = 1; round <= 40; round += 1) {
      const peer = openRawPeer(door.path);
      peer.socket.write(request({ operation: 'alarm.tail' }));
      await until(() => started === round);
      peer.socket.destroy();
      await peer.closed;
    }
  });

  it('ends when the gateway stops', async () => {
    const { handlers } = recordedHandlers({
      'alarm.tail': async function* (_, { signal }) {
        yield { row: 1, transition };
        await once(signal, 'abort');
      },
    });
    const door = await openDoor({ handlers });
    const client = await connectControl(door.path, 'kim');
    const items = client.follow('alarm.tail', {}, new AbortController().signal)[Symbol.asyncIterator]();
    expect(await items.next()).toMatchObject({ value: { row: 1 } });
    await door[Symbol.asyncDispose]();
    await expect(items.next()).rejects.toMatchObject({ code: 'control.connection-lost' });
  });
});

describe('the socket file', () => {
  it('is for owner and group only, and gone after a stop', async () => {
    const door = await openDoor();
    expect((await stat(door.path)).mode & 0o777).toBe(0o660);
    await door[Symbol.asyncDispose]();
    await expect(stat(door.path)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(connectControl(door.path, 'kim')).rejects.toMatchObject({ code: 'control.not-running' });
  });

  it('is taken over from a gateway that was killed', async () => {
    await using folder = await openDoor();
    const path = `${folder.path}.stale`;
    await leaveStaleSocket(path);
    expect((await stat(path)).isSocket()).toBe(true);
    await expect(connectControl(path, 'kim')).rejects.toMatchObject({ code: 'control.not-running' });
    await using second = await openDoor({ path });
    await using client = await connectControl(second.path, 'kim');
    expect(await client.call('audit.verify', {})).toMatchObject({ valid: true });
  });

  it('is not taken from one that lives', async () => {
    await using first = await openDoor();
    await expect(openDoor({ path: first.path })).rejects.toMatchObject({ code: 'control.another-runs' });
    await using client = await connectControl(first.path, 'kim');
    expect(await client.call('audit.verify', {})).toMatchObject({ valid: true });
  });

  it('is never made by removing a file that is no socket', async () => {
    await using first = await openDoor();
    const path = `${first.path}.txt`;
    await writeFile(path, 'precious');
    await expect(openDoor({ path })).rejects.toMatchObject({ code: 'control.socket-unusable' });
    expect((await stat(path)).size).toBe(8);
    await expect(openDoor({ path: `${first.path}.d/x/control.sock` })).rejects.toMatchObject({ code: 'control.socket-unusable' });
  });

  it('serves 32 connections and turns the next away, until one leaves', async () => {
    await using door = await openDoor();
    const peers = await Promise.all(Array.from({ length: 32 }, () => ask(door)));
    const late = openRawPeer(door.path);
    expect(await late.line()).toMatchObject({ id: null, fault: { code: 'control.busy', retryable: true } });
    await late.closed;
    peers[0]?.socket.destroy();
    await peers[0]?.closed;
    let next = openRawPeer(door.path);
    next.socket.write(request());
    while ('fault' in ((await next.line()) as object)) {
      next = openRawPeer(door.path);
      next.socket.write(request());
    }
    peers.push(next);
    for (const { socket } of peers) socket.destroy();
  });
});

async function ask(door: Door): Promise<ReturnType<typeof openRawPeer>> {
  const peer = openRawPeer(door.path);
  peer.socket.write(request());
  expect(await peer.line()).toMatchObject({ id: 1, answer: {} });
  return peer;
}

/** What a gateway leaves behind after `kill -9`: a socket file that nobody listens on. */
async function leaveStaleSocket(path: string): Promise<void> {
  const dead = createServer();
  dead.listen(`${path}.bound`);
  await once(dead, 'listening');
  await rename(`${path}.bound`, path);
  dead.close();
  await once(dead, 'close');
}
