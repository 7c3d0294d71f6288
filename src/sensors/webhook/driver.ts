// The driver for senders that push: an HTTP listener that answers after the commit, and the silence of its sources.
import { type Env, troubleOf } from '#base';
import { deviceOf } from '../device.ts';
import type { Driver, SensorStatus, SensorsDeps } from '../driver.ts';
import { openLineHealth } from '../line-health.ts';
import type { WebhookMap, WebhookOptions } from '../options.ts';
import { openTeller } from '../teller.ts';
import { openHandler } from './handler.ts';
import { openListener } from './listener.ts';
import { openPresence } from './presence.ts';

/** The webhook, and where it listens once it does. */
export interface Webhook extends Driver {
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** What the webhook works in. */
export interface WebhookWorld {
  readonly deps: SensorsDeps;
  readonly env: Env;
  /** Throws `sensors.template-unknown`. */
  map(name: string): WebhookMap;
}

/** Opens the driver. A port that is taken is a condition and is tried again every 1 to 5 s: the other drivers go on. */
export function openWebhook(options: WebhookOptions, world: WebhookWorld): Webhook {
  const { deps, env } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth('webhook', teller, env);
  const members = options.sources.flatMap((source) => [source, ...source.devices].map((stated) => ({ stated, source })));
  const presence = openPresence(
    members.map(({ stated, source }) => ({ device: stated.device, source: source.id, silentAfterMs: source.silentAfter })),
    { deps, env, signal: life.signal },
  );
  const handle = openHandler(options.sources, {
    env,
    report: (report) => deps.report(report, { answers: true }),
    mapOf: (source) => source.map ?? world.map(source.template ?? ''),
    heard: (source, device) => presence.heard(source, device),
  });
  let address: { host: string; port: number } | undefined;
  const keepOpen = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await using listener = await openListener(options, handle, env);
        address = listener.address;
        health.works();
        await Promise.race([listener.broken, presence.watch(signal)]);
      } catch (error) {
        const { message, detail } = troubleOf(error);
        if (!signal.aborted) health.broken(message, detail);
      }
      address = undefined;
      await env.clock.sleep(1000 + env.random.uniform() * 4000, signal).catch(() => {});
    }
  };
  return {
    name: 'webhook',
    service: {
      name: 'sensors webhook',
      async run(signal) {
        await keepOpen(signal);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), presence.settled()]);
      },
    },
    devices: members.map(({ stated, source }) => deviceOf(stated, { address: source.id })),
    status: () =>
      members.map(({ stated, source }): SensorStatus => {
        return { device: stated.device, driver: 'webhook', source: source.id, values: {}, ...presence.status(stated.device) };
      }),
    address: () => address,
  };
}
