// The driver for senders that push: an HTTP listener that answers after the commit, and the silence of its sources.
import type { Driver, SensorStatus } from '../driver.ts';
import { keepListening, openWrongSecrets } from '../http/index.ts';
import { openLineHealth } from '../line-health.ts';
import { type MessageWorld, openMessageSource, openPresence, statusOf } from '../messages/index.ts';
import type { WebhookOptions } from '../options.ts';
import { openTeller } from '../teller.ts';
import { openHandler } from './handler.ts';
import { refuse } from './reply.ts';

/** The webhook, and where it listens once it does. */
export interface Webhook extends Driver {
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** Opens the driver. A port that is taken is a condition and is tried again every 1 to 5 s: the other drivers go on. */
export function openWebhook(options: WebhookOptions, world: Omit<MessageWorld, 'signal'>): Webhook {
  const { deps, env } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth('webhook', teller, env);
  const sources = options.sources.map((source) => ({
    ...source,
    source: openMessageSource(source, { ...world, signal: life.signal }),
  }));
  const expected = sources.flatMap(({ source }) => source.expected);
  const presence = openPresence(expected, { deps, env, signal: life.signal });
  const secrets = openWrongSecrets(teller, env);
  const handle = openHandler(sources, { env, marks: deps.marks, secrets, heard: presence.heard });
  const answers = { busy: refuse('busy'), failed: refuse('not-stored'), slower: refuse('slower') };
  const kept = keepListening(options, { handle, answers, health, watch: presence.watch }, env);
  return {
    name: 'webhook',
    service: {
      name: 'sensors webhook',
      async run(signal) {
        secrets.begin(options.sources.map(({ device }) => device));
        await kept.run(signal);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), presence.settled(), ...sources.map(({ source }) => source.settled())]);
      },
    },
    devices: sources.flatMap(({ source }) => source.devices),
    status: () =>
      sources.flatMap(({ id, source }) =>
        source.devices.map((device): SensorStatus => {
          const stated = statusOf(presence.status(device.id), source.valuesOf(device.id));
          return { device: device.id, driver: 'webhook', source: id, ...stated, problem: stated.problem ?? secrets.problem(device.id) };
        }),
      ),
    address: () => kept.address,
  };
}
