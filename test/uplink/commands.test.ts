// Commands over a real Mosquitto and a real store: heard, run once, answered always.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, Outcome } from '#model';
import type { Store } from '#store';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { base, commandText, type Observer, openObserver, openSite, openStoreBench, type Seen, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
let broker: Mosquitto;
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
  broker = await openMosquitto();
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

const parsed = (seen: Seen): Record<string, unknown> => JSON.parse(seen.payload) as Record<string, unknown>;

/** A site that counts what it runs, its hub, and what became of commands. */
async function openScene(run?: (command: Command, signal: AbortSignal) => Promise<Outcome>) {
  const ran: Command[] = [];
  const hub = await openObserver(broker.url);
  const site = openSite(
    store,
    { url: broker.url },
    {
      async onCommand(command, signal) {
        ran.push(command);
        return run ? await run(command, signal) : { id: command.id, result: 'done', stream: { rtsp: 'rtsp://host:8554/s/TOKEN' } };
      },
    },
  );
  await until(() => broker.log().includes('bongsu-52710-gw-1 1 bongsu/v1/52710/gw-1/command/#') && site.session(), 'the subscription');
  const outcomes = (hubOf: Observer, id: string) =>
    hubOf.seen.filter((seen) => !seen.topic.includes('/command/') && seen.payload.includes(`"${id}"`));
  return {
    ran,
    hub,
    site,
    outcome: (id: string) => until(() => outcomes(hub, id)[0], `the outcome of ${id}`),
    outcomes: (id: string) => outcomes(hub, id),
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

describe('commands', () => {
  it('are answered on the response topic with the correlation data', async () => {
    await using scene = await openScene();
    const properties = { responseTopic: 'bongsu/v1/hub/reply/a', correlationData: Buffer.from('corr-1') };
    await scene.hub.publish(`${base}/command/stream.open`, commandText('a-1', { camera: 'cam-1' }), { properties });
    const seen = await scene.outcome('a-1');
    expect(seen.topic).toBe('bongsu/v1/hub/reply/a');
    expect(parsed(seen)).toMatchObject({ id: 'a-1', result: 'done', time: expect.stringMatching(/Z$/), stream: {} });
    expect(seen.packet.properties).toMatchObject({ contentType: 'application/json', correlationData: Buffer.from('corr-1') });
    expect(seen.packet.properties?.messageExpiryInterval).toBeLessThanOrEqual(60);
    expect(scene.ran[0]).toMatchObject({ name: 'stream.open', body: { camera: 'cam-1' } });
  });

  it.each([['elsewhere/reply'], ['bongsu/v1/52710/gw-2/command/ptz.move'], [undefined]])(
    'are answered on outcome/NAME instead of %s',
    async (responseTopic) => {
      await using scene = await openScene();
      const id = `b-${String(responseTopic).length}`;
      await scene.hub.publish(
        `${base}/command/stream.open`,
        commandText(id),
        responseTopic === undefined ? {} : { properties: { responseTopic } },
      );
      expect((await scene.outcome(id)).topic).toBe(`${base}/outcome/stream.open`);
    },
  );

  it('are run once: the same again gets the stored outcome, another body is refused', async () => {
    await using scene = await openScene();
    const text = commandText('c-1', { camera: 'cam-1' });
    await scene.hub.publish(`${base}/command/stream.open`, text);
    const first = await scene.outcome('c-1');
    await scene.hub.publish(`${base}/command/stream.open`, text);
    await until(() => scene.outcomes('c-1').length === 2, 'the stored outcome');
    expect(scene.outcomes('c-1')[1]?.payload).toBe(first.payload);
    await scene.hub.publish(`${base}/command/stream.open`, commandText('c-1', { camera: 'cam-2' }));
    await until(() => scene.outcomes('c-1').length === 3, 'the refusal');
    expect(parsed(scene.outcomes('c-1')[2] as Seen)).toMatchObject({ result: 'refused', reason: 'command.id-reused' });
    expect(scene.ran).toHaveLength(1);
  });

  it('are run once when the same comes again meanwhile, and every address is answered', async () => {
    const finish = Promise.withResolvers<void>();
    await using scene = await openScene(async (command) => {
      await finish.promise;
      return { id: command.id, result: 'done' };
    });
    const text = commandText('d-1');
    for (const end of ['x', 'y', 'y']) {
      await scene.hub.publish(`${base}/command/stream.open`, text, { properties: { responseTopic: `bongsu/v1/hub/reply/${end}` } });
    }
    await until(() => scene.ran.length > 0, 'the run');
    finish.resolve();
    await until(() => scene.outcomes('d-1').length === 2, 'two answers');
    expect(scene.outcomes('d-1').map((seen) => seen.topic)).toEqual(['bongsu/v1/hub/reply/x', 'bongsu/v1/hub/reply/y']);
    expect(scene.ran).toHaveLength(1);
  });

  it('beyond sixteen at once are refused and may be asked again', async () => {
    const finish = Promise.withResolvers<void>();
    await using scene = await openScene(async (command) => {
      await finish.promise;
      return { id: command.id, result: 'done' };
    });
    for (let index = 0; index < 17; index += 1) await scene.hub.publish(`${base}/command/stream.open`, commandText(`e-${index}`));
    expect(parsed(await scene.outcome('e-16'))).toMatchObject({ result: 'refused', reason: 'command.busy' });
    finish.resolve();
    await scene.outcome('e-15');
    await scene.hub.publish(`${base}/command/stream.open`, commandText('e-16'));
    await until(() => scene.outcomes('e-16').some((seen) => parsed(seen)['result'] === 'done'), 'the second try');
  });

  it.each([
    ['expired', commandText('f-1', { time: new Date(Date.now() - 600_000).toISOString() }, -1000), 'f-1', 'command.expired'],
    ['far ahead', commandText('f-2', {}, 7_200_000), 'f-2', 'command.expiry-too-far'],
    ['without a time', '{"id":"f-3"}', 'f-3', 'command.time-invalid'],
  ])('that are %s are refused with the gateway’s time', async (_, text, id, reason) => {
    await using scene = await openScene();
    await scene.hub.publish(`${base}/command/stream.open`, text);
    expect(parsed(await scene.outcome(id))).toMatchObject({
      id,
      result: 'refused',
      reason,
      time: expect.any(String),
      message: expect.any(String),
    });
    expect(scene.ran).toEqual([]);
  });

  it('without a usable id are answered only where the hub says, and counted', async () => {
    await using scene = await openScene();
    await scene.hub.publish(`${base}/command/stream.open`, 'open!');
    await scene.hub.publish(`${base}/command/stream.open`, Buffer.alloc(20_000, 0x20), {
      properties: { responseTopic: 'bongsu/v1/hub/reply/g' },
    });
    const seen = await scene.hub.wait('bongsu/v1/hub/reply/g');
    expect(parsed(seen)).toMatchObject({ id: '', result: 'refused', reason: 'command.too-large' });
    expect(scene.site.uplink.status().commands.refused).toBe(2);
    expect(scene.hub.seen.filter((other) => other.topic.includes('/outcome/'))).toEqual([]);
  });

  it('that are retained are refused, also when they lie there at the connection', async () => {
    await using hub = await openObserver(broker.url);
    await hub.publish(`${base}/command/ptz.move`, commandText('h-1'), { retain: true });
    await using scene = await openScene();
    expect(parsed(await hub.wait(`${base}/outcome/ptz.move`))).toMatchObject({ id: 'h-1', reason: 'command.retained' });
    expect(scene.ran).toEqual([]);
    await hub.publish(`${base}/command/ptz.move`, '', { retain: true });
  });

  it('that fail are answered without the inner words of the fault', async () => {
    await using scene = await openScene(async () => {
      throw new Error('rtsp://admin:secret@10.0.0.5');
    });
    await scene.hub.publish(`${base}/command/stream.open`, commandText('i-1'));
    const seen = await scene.outcome('i-1');
    expect(parsed(seen)).toMatchObject({ result: 'failed', reason: 'command.failed' });
    expect(seen.payload).not.toContain('secret');
  });

  it('that outlive their expiry are aborted, and that is told', async () => {
    let aborted = false;
    await using scene = await openScene(async (command, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      aborted = true;
      return { id: command.id, result: 'done' };
    });
    const text = commandText('j-1', {}, 300);
    await scene.hub.publish(`${base}/command/stream.open`, text);
    await until(() => aborted, 'the abort');
    expect(parsed(await scene.outcome('j-1'))).toMatchObject({ result: 'failed', reason: 'command.outcome-expired' });
    await scene.hub.publish(`${base}/command/stream.open`, text);
    const again = await until(() => scene.outcomes('j-1')[1], 'the second answer');
    expect(parsed(again)).toMatchObject({ result: 'refused', reason: 'command.outcome-expired' });
    expect(scene.ran).toHaveLength(1);
  });

  it('that a crash cut short are never run again', async () => {
    const text = commandText('k-1');
    await using own = await openStoreBench();
    await using hub = await openObserver(broker.url);
    {
      const first = await own.open('boot-1');
      const onCommand = (_: Command, signal: AbortSignal) =>
        new Promise<Outcome>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      const site = openSite(first, { url: broker.url }, { onCommand });
      await until(() => site.session(), 'a session');
      await hub.publish(`${base}/command/stream.open`, text);
      await until(() => site.uplink.status().commands.accepted === 1, 'the acceptance');
      // What a crash leaves behind: an acceptance in the file, and no outcome.
      await first[Symbol.asyncDispose]();
      await site.stop();
    }
    await using second = await own.open('boot-2');
    const ran: string[] = [];
    const onCommand = async (command: Command): Promise<Outcome> => {
      ran.push(command.id);
      return { id: command.id, result: 'done' };
    };
    await using _site = openSite(second, { url: broker.url, clientId: 'after-crash' }, { bootId: 'boot-2', onCommand });
    await until(() => broker.log().includes('after-crash 1 '), 'the subscription');
    await hub.publish(`${base}/command/stream.open`, text);
    const seen = await hub.wait(`${base}/outcome/stream.open`, (item) => item.payload.includes('interrupted'));
    expect(parsed(seen)).toMatchObject({ id: 'k-1', result: 'failed', reason: 'command.interrupted' });
    expect(ran).toEqual([]);
  });

  it('that wait at the broker while the line is down are run after it', async () => {
    await using hub = await openObserver(broker.url);
    const options = { url: broker.url, clientId: 'sleeper' };
    {
      await using site = openSite(store, options);
      await until(() => broker.log().includes('sleeper 1 ') && site.session(), 'the subscription');
    }
    await hub.publish(`${base}/command/gateway.status`, commandText('l-1'));
    await using _again = openSite(store, options);
    expect(parsed(await hub.wait(`${base}/outcome/gateway.status`, (seen) => seen.payload.includes('l-1')))).toMatchObject({
      result: 'done',
    });
  });
});
