// The driver for a broker of others (ChirpStack, the site's own Mosquitto): a session that is kept up, and what it brings.
import { BongsuError, type Env, messageOf, openBackoff, runServices, type Text, troubleOf } from '#base';
import type { Driver } from '../driver.ts';
import { type LineHealth, openLineHealth } from '../line-health.ts';
import { type MessageWorld, underTrouble } from '../messages/index.ts';
import type { MqttConnectionOptions } from '../options.ts';
import { openTeller } from '../teller.ts';
import { type FloodTexts, openFloods } from './flood.ts';
import { type Gate, openGate } from './gate.ts';
import { type Intake, openIntake } from './intake.ts';
import { runSession } from './session.ts';

/** After trouble a session must have stood so long before it is called well: one that is thrown out each second is not. */
const steadyMs = 2000;

/** Opens the driver. A lost connection is made again after 1 to 30 s, growing while it fails; the broker keeps what comes meanwhile. */
export function openMqttClient(options: MqttConnectionOptions, world: Omit<MessageWorld, 'signal'>): Driver {
  const { deps, env } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth(`mqtt-${options.id}`, teller, env);
  const sources = options.sources.map((source) => ({ owner: '', options: source }));
  const intake = openIntake(sources, { ...world, signal: life.signal });
  const floods = openFloods(() => `mqtt-${options.id}`, textsOf(options), { teller, clock: env.clock });
  const gate = openGate({ perSecond: options.messagesPerSecond, intake, floods }, env);
  const parts = { options, env, health, intake, gate };
  return {
    name: options.id,
    service: {
      name: `sensors ${options.id}`,
      async run(signal) {
        try {
          await runServices(
            [
              { name: `sensors ${options.id} session`, run: (until) => keepUp(parts, until) },
              { name: `sensors ${options.id} silence`, run: intake.watch },
              { name: `sensors ${options.id} floods`, run: floods.watch },
              { name: `sensors ${options.id} last words`, run: gate.watch },
            ],
            signal,
          );
        } finally {
          life.abort(signal.reason);
          await Promise.all([teller.settled(), intake.settled()]);
        }
      },
    },
    devices: intake.devices,
    status: () => intake.status().map((status) => underTrouble(status, health.problem)),
  };
}

interface Parts {
  readonly options: MqttConnectionOptions;
  readonly env: Env;
  readonly health: LineHealth;
  readonly intake: Intake;
  readonly gate: Gate;
}

async function keepUp(parts: Parts, signal: AbortSignal): Promise<void> {
  const { options, env, health, intake, gate } = parts;
  const backoff = openBackoff({ minMs: 1000, maxMs: 30_000 }, env.random);
  let steady: Disposable | undefined;
  const well = (): void => {
    backoff.reset();
    health.works();
  };
  while (!signal.aborted) {
    try {
      await runSession(
        options,
        {
          env,
          subscriptions: intake.subscriptions,
          async hear({ topic, payload, qos, retain }) {
            const message = { topic, payload: Buffer.from(payload), qos, isRetained: retain };
            if (await gate.passes(message)) await intake.take('', message);
          },
          ready: () => {
            if (health.isBroken) steady = env.clock.after(steadyMs, well);
            else well();
          },
          tooLarge: () => env.log.warn({ connection: options.id }, 'a message of more than 64 KiB is dropped'),
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) return;
      tell(error, parts);
    } finally {
      steady?.[Symbol.dispose]();
    }
    await env.clock.sleep(backoff.next(), signal).catch(() => {});
  }
}

/** A store that fails is no fault of the line, and says so itself. */
function tell(error: unknown, { options, env, health }: Parts): void {
  if (!(error instanceof BongsuError) || !error.code.startsWith('sensors.')) {
    env.log.error({ connection: options.id, error: messageOf(error) }, 'an MQTT message is not acknowledged; it comes again');
    return;
  }
  const { message, detail } = troubleOf(error);
  health.broken(message, detail);
}

function textsOf({ id, messagesPerSecond }: MqttConnectionOptions): FloodTexts {
  const short = (sender: string): string => sender.slice(0, 80);
  return {
    began: (sender): Text => ({
      ko: `MQTT 연결 ${id}: ${short(sender)}의 메시지가 초당 ${messagesPerSecond}건을 넘어 긴급 경보가 아닌 나머지를 버립니다`,
      en: `MQTT connection ${id}: more than ${messagesPerSecond} messages a second of ${short(sender)}; what is beyond and raises no critical alarm is dropped`,
    }),
    ended: (sender, count): Text => ({
      ko: `${short(sender)}의 메시지 폭주가 끝났습니다. ${count}건을 버렸습니다`,
      en: `The flood of messages of ${short(sender)} is over; ${count} were dropped`,
    }),
  };
}
