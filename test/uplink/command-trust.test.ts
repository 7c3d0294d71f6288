// Whose commands are run, and when: signatures, clocks that are wrong, restarts.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command } from '#model';
import type { Store } from '#store';
import { uplinkOptions } from '#uplink/options';
import { signedBytes } from '../../src/uplink/wire/index.ts';
import { type Mosquitto, openMosquitto } from '../peers/mosquitto.ts';
import { base, commandText, openObserver, openSite, openStoreBench, type SiteOptions, type StoreBench, until } from './site.ts';

let bench: StoreBench;
let store: Store;
let broker: Mosquitto;
let folder = '';
beforeAll(async () => {
  bench = await openStoreBench();
  store = await bench.open('boot-1');
  broker = await openMosquitto();
  folder = await mkdtemp(join(tmpdir(), 'bongsu-keys-'));
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

let scenes = 0;

async function openScene(options: object, more: SiteOptions = {}, onStore = store) {
  scenes += 1;
  const clientId = `scene-${scenes}`;
  const ran: string[] = [];
  const hub = await openObserver(broker.url);
  const onCommand = async (command: Command) => {
    ran.push(command.id);
    return { id: command.id, result: 'done' as const };
  };
  const site = openSite(onStore, { url: broker.url, clientId, ...options }, { onCommand, ...more });
  await until(() => broker.log().includes(`${clientId} 1 ${base}/command/#`) && site.session(), 'the subscription');
  return {
    ran,
    hub,
    site,
    async outcome(id: string) {
      const seen = await hub.wait(`${base}/outcome/`, ({ payload }) => payload.includes(`"${id}"`));
      return JSON.parse(seen.payload) as Record<string, unknown>;
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

const topic = `${base}/command/stream.open`;
const keys = { own: generateKeyPairSync('ed25519'), other: generateKeyPairSync('ed25519') };
const rawOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');
const signatureOf = (text: string, on = topic, key = keys.own.privateKey): string =>
  sign(null, signedBytes(on, JSON.parse(text) as Command['body']), key).toString('base64');

describe('signed commands', () => {
  it('are run when a known key made the signature, wherever it travels', async () => {
    const pem = join(folder, 'hub.pem');
    await writeFile(pem, keys.own.publicKey.export({ type: 'spki', format: 'pem' }));
    const missing = join(folder, 'missing.pem');
    await using scene = await openScene({ commands: { signedBy: [missing, rawOf(keys.other.publicKey), pem] } });
    const first = commandText('s-1', { camera: '소양 1' });
    await scene.hub.publish(topic, first, { properties: { userProperties: { signature: signatureOf(first) } } });
    expect(await scene.outcome('s-1')).toMatchObject({ result: 'done' });
    const second = commandText('s-2', { b: 1, a: [1.5, { z: null, y: '\u0007' }] });
    const carried = JSON.stringify({ signature: signatureOf(second), ...(JSON.parse(second) as object) });
    await scene.hub.publish(topic, carried);
    expect(await scene.outcome('s-2')).toMatchObject({ result: 'done' });
    const third = commandText('s-3');
    await scene.hub.publish(topic, third, {
      properties: { userProperties: { signature: signatureOf(third, topic, keys.other.privateKey) } },
    });
    expect(await scene.outcome('s-3')).toMatchObject({ result: 'done' });
    // As RabbitMQ hands it out: the signature covers the topic that the hub wrote.
    const fourth = commandText('s-4');
    await scene.hub.publish(
      `${base}/command/stream/open`,
      JSON.stringify({ ...(JSON.parse(fourth) as object), signature: signatureOf(fourth) }),
    );
    expect(await scene.outcome('s-4')).toMatchObject({ result: 'done' });
  });

  it.each<[string, (text: string) => unknown]>([
    ['no signature', () => undefined],
    ['one by another key', (text) => signatureOf(text, topic, keys.other.privateKey)],
    ['one of another body', () => signatureOf(commandText('x'))],
    ['one of another command', (text) => signatureOf(text, `${base}/command/ptz.move`)],
    ['one for another gateway', (text) => signatureOf(text, topic.replace('gw-1', 'gw-2'))],
    ['a number', () => 7],
    ['garbage', () => '!'.repeat(88)],
  ])('are refused with %s', async (_, make) => {
    await using scene = await openScene({ commands: { signedBy: [rawOf(keys.own.publicKey)] } });
    const id = `t-${scenes}`;
    const text = commandText(id);
    await scene.hub.publish(topic, JSON.stringify({ ...(JSON.parse(text) as object), signature: make(text) }));
    expect(await scene.outcome(id)).toMatchObject({ result: 'refused', reason: 'command.unsigned' });
    expect(scene.ran).toEqual([]);
    // The id is not used up: whoever may ask can.
    await scene.hub.publish(topic, text, { properties: { userProperties: { signature: signatureOf(text) } } });
    await until(() => scene.ran.length === 1, 'the run');
  });

  it('may be signed by eight keys at most', () => {
    const of = (count: number) => ({ url: 'mqtt://a', commands: { signedBy: Array.from({ length: count }, () => 'k.pem') } });
    expect([8, 9].map((count) => uplinkOptions.safeParse(of(count)).success)).toEqual([true, false]);
  });
});

describe('commands under a wrong clock', () => {
  it.each([
    ['was never set', -Date.now() + 300_000],
    ['is ten minutes behind', -600_000],
  ])('live from their arrival when it %s', async (_, offset) => {
    let aborted = 0;
    await using scene = await openScene(
      {},
      {
        now: () => Date.now() + offset,
        async onCommand(command, signal) {
          if (command.id.startsWith('slow')) {
            await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
            aborted = Date.now();
          }
          return { id: command.id, result: 'done' };
        },
      },
    );
    await scene.hub.publish(topic, commandText(`fast-${scenes}`));
    expect(await scene.outcome(`fast-${scenes}`)).toMatchObject({ result: 'done' });
    const startedAt = Date.now();
    await scene.hub.publish(topic, commandText(`slow-${scenes}`, {}, 400));
    expect(await scene.outcome(`slow-${scenes}`)).toMatchObject({ result: 'failed', reason: 'command.outcome-expired' });
    expect(aborted - startedAt).toBeGreaterThanOrEqual(390);
  });

  it('are refused when it is ahead, and told its time', async () => {
    await using scene = await openScene({}, { now: () => Date.now() + 600_000 });
    await scene.hub.publish(topic, commandText('ahead-1'));
    const outcome = await scene.outcome('ahead-1');
    expect(outcome).toMatchObject({ result: 'refused', reason: 'command.expired' });
    expect(Date.parse(String(outcome['time'])) - Date.now()).toBeGreaterThan(590_000);
  });

  it.each([86_400_000, -86_400_000])('are answered when it jumps by %i ms meanwhile', async (jumpMs) => {
    let offset = 0;
    await using scene = await openScene(
      {},
      {
        now: () => Date.now() + offset,
        async onCommand(command) {
          offset = jumpMs;
          return { id: command.id, result: 'done' };
        },
      },
    );
    await scene.hub.publish(topic, commandText(`jump-${scenes}`));
    expect(await scene.outcome(`jump-${scenes}`)).toMatchObject({ result: 'done' });
  });
});

describe('commands over a restart', () => {
  it('are not run again: the outcome of before is told', async () => {
    await using own = await openStoreBench();
    const text = commandText('r-1');
    {
      await using first = await own.open('boot-1');
      await using scene = await openScene({}, {}, first);
      await scene.hub.publish(topic, text);
      expect(await scene.outcome('r-1')).toMatchObject({ result: 'done' });
    }
    await using second = await own.open('boot-2');
    await using scene = await openScene({}, { bootId: 'boot-2' }, second);
    await scene.hub.publish(topic, text);
    expect(await scene.outcome('r-1')).toMatchObject({ result: 'done' });
    expect(scene.ran).toEqual([]);
  });
});
