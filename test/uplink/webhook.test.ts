// A webhook destination: signatures, what a status means, and receivers that redirect, hang, chatter or go.
import { copyFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openLog, resolvedSecret, systemEnv } from '#base';
import type { Entry } from '#model';
import { openWebhook, type SendResult, type UplinkSession } from '#uplink';
import { destinationsOptions } from '#uplink/options';
import { verdictOf } from '../../src/uplink/webhook/post.ts';
import { signatureOf } from '../../src/uplink/webhook/signature.ts';
import { alarmBody } from '../outbox/bodies.ts';
import { openTestCertificates } from '../peers/certificates.ts';
import { openWebhookReceiver, type WebhookReceiver, webhookSecret } from '../peers/webhook-receiver.ts';

const env = systemEnv(openLog('silent'));
const identity = { site: '52710', gateway: 'gw-1', bootId: 'boot-1' };

function optionsFor(url: string, more: object = {}) {
  const [options] = destinationsOptions.parse([
    { name: 'platform', kind: 'webhook', url, secret: resolvedSecret(webhookSecret), retryMin: '100ms', retryMax: '1s', ...more },
  ]);
  return options ?? expect.fail('no destination');
}

function entry(seq: number): Entry {
  const id = `01931b2e-7c55-7a10-8f00-${String(seq).padStart(12, '0')}`;
  return { seq, id, sequence: seq, bootId: 'boot-1', recordedTime: 1_760_000_000_000, lane: 0, body: alarmBody(`a-${seq}`) };
}

/** A destination whose sessions the test gets one by one. */
function openScene(url: string, more: object = {}) {
  const stop = new AbortController();
  const sessions: UplinkSession[] = [];
  const onSession = (session: UplinkSession): Promise<void> => {
    sessions.push(session);
    return new Promise((resolve) => session.signal.addEventListener('abort', () => resolve()));
  };
  const webhook = openWebhook(optionsFor(url, more), { identity, onSession }, env);
  const running = webhook.service.run(stop.signal);
  return {
    trouble: webhook.trouble,
    wasTried: () => webhook.wasTried,
    async session(number = 1): Promise<UplinkSession> {
      for (;;) {
        const session = sessions[number - 1];
        if (session) return session;
        await sleep(5);
      }
    },
    async send(seq: number): Promise<SendResult> {
      const session = await this.session();
      return session.send(entry(seq), { replay: false });
    },
    sessions,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function withReceiver(act: (receiver: WebhookReceiver, scene: ReturnType<typeof openScene>) => Promise<void>, more: object = {}) {
  await using receiver = await openWebhookReceiver();
  await using scene = openScene(receiver.url, more);
  await act(receiver, scene);
}

describe('signatureOf', () => {
  // Computed by: printf '%s' TIMESTAMP.BODY | openssl dgst -sha256 -hmac SECRET
  it.each([
    ['key', '1760000000', '{"specversion":"1.0"}', 'ca0bf34c6136dc76391cb074ba70f63691377a2dae15e5ceda5493525aa0fe32'],
    ['비밀-열쇠-0123456789', '0', '{"message":"화재"}', '9e04227db5e6bfff41f51deb2f59768b8ab8cc91f7b0e1a7a67bb64035c5ff62'],
  ])('signs with %s', (secret, timestamp, body, expected) => {
    expect(signatureOf(secret, timestamp, body)).toBe(`sha256=${expected}`);
  });
});

describe('verdictOf', () => {
  it.each([
    ['confirmed', [200, 201, 202, 204, 299]],
    ['later', [301, 302, 307, 308, 304, 408, 425, 429, 500, 502, 503, 504, 599]],
    ['set-aside', [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 451]],
  ] as const)('%s', (verdict, statuses) => {
    expect(statuses.map(verdictOf)).toEqual(statuses.map(() => verdict));
  });
});

describe('destinations', () => {
  it.each([
    ['the hub’s name', { name: 'hub' }],
    ['another kind', { kind: 'mail' }],
    ['a login in the address', { url: 'https://user:pw@host/' }],
    ['another protocol', { url: 'ftp://host/' }],
    ['a port that is none', { url: 'https://host:99999/' }],
    ['no class', { classes: [] }],
    ['an unknown class', { classes: ['gap'] }],
    ['no place', { concurrency: 0 }],
    ['too many places', { concurrency: 17 }],
    ['a short secret', { secret: resolvedSecret('short') }],
    ['an unknown key', { path: '/' }],
  ])('refuses %s', (_what, change) => {
    expect(() => optionsFor('https://host/', change)).toThrow();
  });

  it('refuses two of one name and more than eight', () => {
    const all = (names: readonly string[]) =>
      destinationsOptions.safeParse(
        names.map((name) => ({ name, kind: 'webhook', url: 'https://host/', secret: resolvedSecret(webhookSecret) })),
      ).success;
    expect([all(['a', 'b']), all(['a', 'a']), all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])]).toEqual([true, false, false]);
  });
});

describe('a webhook destination', () => {
  it('posts a signed CloudEvent, and keeps its connection', () =>
    withReceiver(async (receiver, scene) => {
      for (const seq of [1, 2, 3]) expect(await scene.send(seq)).toEqual({ result: 'confirmed' });
      expect(receiver.posted).toHaveLength(3);
      expect(receiver.connections).toBe(1);
      expect(receiver.posted[0]).toMatchObject({
        path: '/bongsu',
        contentType: 'application/cloudevents+json',
        isGenuine: true,
        event: { specversion: '1.0', id: entry(1).id, class: 'alarm', alarmid: 'a-1', source: '/bongsu/52710/gw-1/smoke-1', replay: false },
      });
    }));

  it('sets aside what is refused, with the status, and goes on', () =>
    withReceiver(async (receiver, scene) => {
      receiver.reply = ({ alarmid }) => (alarmid === 'a-1' ? 422 : 204);
      expect(await scene.send(1)).toEqual({ result: 'set-aside', reasonCode: 422, text: 'HTTP status 422' });
      expect(await scene.send(2)).toEqual({ result: 'confirmed' });
    }));

  it('takes a refusal of everything for a passing one', () =>
    withReceiver(async (receiver, scene) => {
      receiver.reply = () => 404;
      const ends = async (number: number, seqs: readonly number[]) => {
        const session = await scene.session(number);
        return await Promise.all(seqs.map(async (seq) => (await session.send(entry(seq), { replay: false })).result));
      };
      for (const [at, seqs] of [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [1, 2, 3, 4],
        [5, 6, 7, 8],
        [1, 2, 3, 4],
      ].entries())
        expect(await ends(at + 1, seqs)).toEqual(['lost', 'lost', 'lost', 'lost']);
      expect(scene.trouble()?.reason).toBe('HTTP status 404');
      receiver.reply = ({ alarmid }) => (alarmid === 'a-1' ? 404 : 204);
      expect(await ends(6, [1, 2, 3])).toEqual(['set-aside', 'confirmed', 'confirmed']);
    }));

  it('tries again what is put off, while others pass', () =>
    withReceiver(async (receiver, scene) => {
      let tries = 0;
      receiver.reply = ({ alarmid }) => {
        if (alarmid === 'a-1') tries += 1;
        return alarmid === 'a-1' && tries < 3 ? 503 : 204;
      };
      const first = scene.send(1);
      await sleep(50);
      expect(await scene.send(2)).toEqual({ result: 'confirmed' });
      expect(await first).toEqual({ result: 'confirmed' });
      expect([tries, scene.sessions.length]).toEqual([3, 1]);
    }));

  it('ends the session when all are put off, and opens another after a while', () =>
    withReceiver(async (receiver, scene) => {
      receiver.reply = () => 503;
      const results = await Promise.all([1, 2, 3, 4].map((seq) => scene.send(seq)));
      expect(results.map(({ result }) => result)).toEqual(['lost', 'lost', 'lost', 'lost']);
      receiver.reply = () => 204;
      const next = await scene.session(2);
      expect(await next.send(entry(1), { replay: true })).toEqual({ result: 'confirmed' });
    }));

  it('does not follow a redirect', async () => {
    await using other = await openWebhookReceiver();
    await withReceiver(
      async (receiver, scene) => {
        receiver.reply = () => (response) => void response.writeHead(307, { location: other.url }).end();
        expect(await scene.send(1)).toEqual({ result: 'lost' });
        expect(receiver.posted).toHaveLength(1);
      },
      { concurrency: 1 },
    );
    expect(other.connections).toBe(0);
  });

  it('gives up a receiver that hangs after its time', () =>
    withReceiver(
      async (receiver, scene) => {
        receiver.reply = () => 'hang';
        const begun = performance.now();
        expect(await scene.send(1)).toEqual({ result: 'lost' });
        expect(performance.now() - begun).toBeGreaterThan(950);
        expect(performance.now() - begun).toBeLessThan(3000);
      },
      { timeout: '1s' },
    ));

  it('believes the status of an answer whose body is endless or never comes', () =>
    withReceiver(
      async (receiver, scene) => {
        let written = 0;
        receiver.reply =
          ({ alarmid }) =>
          (response) => {
            response.writeHead(200);
            response.flushHeaders();
            const pour = (): void => {
              while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
              if (!response.destroyed) response.once('drain', pour);
            };
            if (alarmid === 'a-1') pour();
          };
        expect(await scene.send(1)).toEqual({ result: 'confirmed' });
        expect(written).toBeLessThan(64 * 2 ** 20);
        expect(await scene.send(2)).toEqual({ result: 'confirmed' });
      },
      { timeout: '1s' },
    ));

  it('does not take a kept connection that the receiver closed for a receiver that is gone', () =>
    withReceiver(async (receiver, scene) => {
      let closed = 0;
      receiver.reply = ({ alarmid }) => {
        if (alarmid !== 'a-2' || closed > 0) return 204;
        closed += 1;
        return (response) => void response.socket?.resetAndDestroy();
      };
      expect(await scene.send(1)).toEqual({ result: 'confirmed' });
      expect(await scene.send(2)).toEqual({ result: 'confirmed' });
      expect([closed, receiver.connections, scene.sessions.length]).toEqual([1, 2, 1]);
    }));

  it('ends its session when the receiver is gone', async () => {
    const receiver = await openWebhookReceiver();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    await using scene = openScene(url);
    expect(scene.wasTried()).toBe(false);
    expect(await scene.send(1)).toEqual({ result: 'lost' });
    expect(scene.wasTried()).toBe(true);
    expect((await scene.session()).signal.aborted).toBe(true);
    expect(scene.trouble()?.reason).toContain('ECONNREFUSED');
    await receiver.start();
    expect(await (await scene.session(2)).send(entry(1), { replay: true })).toEqual({ result: 'confirmed' });
    expect(scene.trouble()).toBeUndefined();
    await receiver.stop();
  });

  it('keeps one place for critical alarms', () =>
    withReceiver(async (receiver, scene) => {
      receiver.reply = () => 'hang';
      const session = await scene.session();
      expect(session.room).toEqual({ entries: 3, lanes: undefined });
      for (const seq of [1, 2, 3]) void session.send(entry(seq), { replay: false });
      expect(session.room).toEqual({ entries: 1, lanes: 1 });
      void session.send(entry(4), { replay: false });
      expect(session.room).toEqual({ entries: 0, lanes: 1 });
    }));

  it('trusts the authority that it is given, and nobody else', async () => {
    await using certificates = await openTestCertificates();
    await using receiver = await openWebhookReceiver({ ...certificates.server });
    await using trusting = openScene(receiver.url, { ca: certificates.ca });
    expect(await trusting.send(1)).toEqual({ result: 'confirmed' });
    await using wary = openScene(receiver.url, { ca: certificates.stranger.ca });
    expect(await wary.send(2)).toEqual({ result: 'lost' });
    expect(receiver.posted).toHaveLength(1);
  });

  it('waits for a certificate file that is not there yet', async () => {
    await using certificates = await openTestCertificates();
    await using receiver = await openWebhookReceiver(certificates.server);
    const ca = `${certificates.folder}/later.pem`;
    await using scene = openScene(receiver.url, { ca });
    while (!scene.trouble()) await sleep(5);
    expect(scene.trouble()?.reason).toContain('later.pem');
    await copyFile(certificates.ca, ca);
    await scene.session();
    expect(scene.trouble()).toBeUndefined();
  });
});
