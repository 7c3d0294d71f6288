// A webhook destination: one session after the other with a receiver, and a word in the log when it goes and when it is back.
import type { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type Env, messageOf, nodeHttp, openBackoff, type Service } from '#base';
import type { Identity } from '#model';
import { readPem } from '../certificates.ts';
import type { WebhookOptions } from '../destinations.ts';
import { openDoubt } from '../doubt.ts';
import type { UplinkSession } from '../session.ts';
import { openTopics } from '../wire/index.ts';
import { openWebhookSession } from './session.ts';

/** What a destination is handed. */
export interface WebhookDeps {
  readonly identity: Identity;
  /** Runs while the session lives. */
  onSession(session: UplinkSession): Promise<void>;
}

/** A receiver beside the hub. */
export interface Webhook {
  readonly name: string;
  readonly service: Service;
  /** Whether it has answered, or failed to, since the start: before, no trouble says nothing. */
  readonly wasTried: boolean;
  /** Since when nothing is taken, wall milliseconds, and why; undefined while all is well. */
  trouble(): Trouble | undefined;
}

interface Trouble {
  readonly since: number;
  readonly reason: string;
}

/**
 * Opens a webhook destination. It keeps to itself: connections, waits and failures are its own.
 * @throws uplink.identity-invalid
 */
export function openWebhook(options: WebhookOptions, deps: WebhookDeps, env: Env): Webhook {
  const { name } = options;
  let trouble: Trouble | undefined;
  let wasTried = false;
  let hadAgent = true;
  const topics = openTopics(deps.identity);
  const doubt = openDoubt(env.clock);
  const log = env.log.child({ destination: name });
  const backoff = openBackoff({ minMs: options.retryMin, maxMs: options.retryMax }, env.random);
  const onAnswer = (): void => {
    wasTried = true;
    backoff.reset();
    if (trouble) log.info({}, 'the receiver answers again');
    trouble = undefined;
  };
  const onLost = (reason: string): void => {
    wasTried = true;
    if (!trouble) log.warn({ error: reason }, 'the receiver does not take entries; they wait, and are tried again');
    trouble = { since: trouble?.since ?? env.clock.now(), reason };
  };
  const runSession = async (signal: AbortSignal): Promise<void> => {
    const agent = await openAgent(options).catch((error: unknown) => onLost(messageOf(error)));
    hadAgent &&= agent !== undefined;
    if (!agent) return;
    // Nobody may want to send for days, and the file is well again.
    if (!hadAgent) onAnswer();
    hadAgent = true;
    try {
      await deps.onSession(openWebhookSession({ options, topics, agent, doubt, onAnswer, onLost }, signal, env));
    } finally {
      agent.destroy();
    }
  };
  return {
    name,
    get wasTried() {
      return wasTried;
    },
    trouble: () => trouble,
    service: {
      name: `destination ${name}`,
      async run(signal) {
        while (!signal.aborted) {
          await runSession(signal);
          await env.clock.sleep(backoff.next(), signal).catch(() => {});
        }
      },
    },
  };
}

/** Keeps connections for the next entries. The certificates are read at each session, so that a renewal needs no restart. */
async function openAgent({ url, ca: path, concurrency }: WebhookOptions): Promise<HttpAgent> {
  const kept = { keepAlive: true, maxSockets: concurrency };
  if (!url.startsWith('https:')) return new (nodeHttp().Agent)(kept);
  const ca = await readPem(path);
  return new HttpsAgent({ ...kept, minVersion: 'TLSv1.2', ...(ca && { ca }) });
}
