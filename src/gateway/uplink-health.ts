// The line's health as conditions of the gateway: routes and other destinations that fail, certificates that end, and a broker that is trusted to remember.
import { type Env, type Service, withHint } from '#base';
import type { Condition, ConditionKind } from '#model';
import { conditionKinds } from '#model';
import type { UplinkStatus, Webhook } from '#uplink';
import { insist } from './insist.ts';
import type { Intake } from './intake.ts';

const everyMs = 5000;
/** A route that fails for less is not worth a word. */
const patienceMs = 30_000;
const warnBeforeMs = 30 * 86_400_000;

type Finding = Pick<Condition, 'channel' | 'kind' | 'message'> & { readonly detail?: string };

const kinds: readonly ConditionKind[] = [
  'route-down',
  'destination-down',
  'certificate-expiring',
  'confirmation-by-broker',
  'hub-not-listening',
];

/** What the watch is handed. */
export interface UplinkHealthDeps {
  status(): UplinkStatus;
  readonly destinations: readonly Pick<Webhook, 'name' | 'trouble' | 'wasTried'>[];
  readonly intake: Intake;
  /** What stands from before the start. */
  standing(): Promise<readonly Condition[]>;
}

/** Looks at the uplink every few seconds; what is found is raised once, and cleared when it is known to be gone. */
export function watchUplink({ status, destinations, intake, standing }: UplinkHealthDeps, env: Env): Service {
  return {
    name: 'uplink health',
    async run(signal) {
      const before = (await insist(standing, 'conditions of the line', env, signal)) ?? [];
      const own = before.filter(({ device, kind }) => device === 'gateway' && kinds.includes(kind));
      const raised = new Map<string, Finding>(own.map((finding) => [`${finding.kind} ${finding.channel}`, finding]));
      while (!signal.aborted) {
        const line = status();
        const findings = [...look(line, env.clock.now()), ...lookAround(destinations, env.clock.now())];
        const found = new Map(findings.map((finding) => [`${finding.kind} ${finding.channel}`, finding]));
        for (const [key, finding] of found) {
          if (!raised.has(key)) await intake.condition(step(finding, 'raised', env.clock.now()));
          raised.set(key, finding);
        }
        for (const [key, finding] of raised) {
          if (found.has(key) || !isOver(finding, line, destinations)) continue;
          await intake.condition(step(finding, 'cleared', env.clock.now()));
          raised.delete(key);
        }
        await env.clock.sleep(everyMs, signal).catch(() => {});
      }
    },
  };
}

function step(finding: Finding, state: Condition['state'], time: number): Condition {
  const severity = conditionKinds[finding.kind];
  return { ...finding, device: 'gateway', severity, state, time };
}

/** What is worth a condition; pure. Routes count where there is more than one: a single line that is down cannot tell of itself, and its return says enough. */
export function look(status: UplinkStatus, nowMs: number): readonly Finding[] {
  const findings: Finding[] = [];
  const say = (kind: ConditionKind, channel: string, message: Condition['message'], detail?: string): void => {
    findings.push({ kind, channel, message, ...(detail === undefined ? {} : { detail }) });
  };
  for (const route of status.routes) {
    const { name, state, since, lastError, certificates, address } = route;
    if (status.routes.length > 1 && state === 'failing' && nowMs - since >= patienceMs && lastError) {
      const { summary, hint, detail } = lastError;
      say('route-down', name, withHint(summary, hint), detail === '' ? address : `${address}, ${detail}`);
    }
    for (const [whose, end] of Object.entries(certificates)) {
      if (typeof end !== 'number' || end - nowMs > warnBeforeMs) continue;
      const date = new Date(end).toISOString().slice(0, 10);
      say('certificate-expiring', `${name}-${whose}`, {
        en: `A certificate of route ${name} (${whose}) ends on ${date}. Renew it; the file is read again by itself.`,
        ko: `경로 ${name}의 인증서(${whose})가 ${date}에 만료됩니다. 갱신하십시오. 파일은 자동으로 다시 읽습니다.`,
      });
    }
  }
  if (status.connected && status.confirmation === 'broker') {
    say('confirmation-by-broker', 'hub', {
      en: "The hub does not confirm by itself: an alarm counts as delivered when its broker has it, and a broker that forgets would lose it. Ask the hub's operator to announce its own confirmation at bongsu/v1/hub/state.",
      ko: '허브가 직접 수신을 확인하지 않습니다. 브로커가 받으면 전달된 것으로 보므로, 브로커가 잃으면 알람도 사라집니다. 허브가 bongsu/v1/hub/state로 직접 확인을 알리도록 요청하십시오.',
    });
  }
  const { unheard } = status;
  if (status.connected && unheard && nowMs - unheard.since >= patienceMs) {
    const message = {
      en: "No hub listens at the broker: nobody subscribes to what this gateway tells; it waits here. Ask the hub's operator whether the hub runs and has subscribed to bongsu/v1/SITE/GATEWAY/# with a session that stays.",
      ko: '브로커에서 듣는 허브가 없습니다. 이 게이트웨이의 메시지를 구독하는 곳이 없어 여기에 보관합니다. 허브가 동작하며 bongsu/v1/지역/게이트웨이/#를 유지되는 세션으로 구독했는지 허브 운영자에게 문의하십시오.',
    };
    say('hub-not-listening', 'hub', message, unheard.topic);
  }
  return findings;
}

/** Destinations beside the hub that have taken nothing for a while; pure. The reason may hold an address: it is the site's own detail. */
export function lookAround(destinations: UplinkHealthDeps['destinations'], nowMs: number): readonly Finding[] {
  return destinations.flatMap(({ name, trouble }) => {
    const now = trouble();
    if (!now || nowMs - now.since < patienceMs) return [];
    const message = {
      en: `Destination ${name} takes nothing. Look at the receiver, its address and certificate under destinations. Entries wait and are sent later; on a full disk what the hub has already gives way first.`,
      ko: `전송 대상 ${name}이(가) 받지 않습니다. 받는 쪽의 동작과 destinations의 주소, 인증서를 확인하십시오. 보관했다가 다시 보내지만, 디스크가 가득 차면 허브가 이미 받은 것부터 지웁니다.`,
    };
    return [{ kind: 'destination-down', channel: name, message, detail: now.reason }];
  });
}

/**
 * Whether what was raised is known to be gone; pure. What nobody has looked at since the start, and what fails again but not for long enough, is no answer:
 * a restart and a lost line would else tell of an end and a new beginning.
 */
export function isOver(
  { kind, channel }: Pick<Finding, 'kind' | 'channel'>,
  status: UplinkStatus,
  destinations: UplinkHealthDeps['destinations'],
): boolean {
  if (kind === 'confirmation-by-broker') return status.confirmation === 'hub';
  if (kind === 'hub-not-listening') return status.isHeard;
  if (kind === 'destination-down') {
    const destination = destinations.find(({ name }) => name === channel);
    return !destination || (destination.wasTried && !destination.trouble());
  }
  const route = status.routes.find(({ name }) =>
    kind === 'route-down' ? channel === name : [`${name}-own`, `${name}-broker`].includes(channel),
  );
  if (!route) return true;
  const works = route.state === 'in-use' || route.state === 'ready';
  if (kind === 'route-down') return works || status.routes.length === 1;
  return works || route.certificates[channel.endsWith('-own') ? 'own' : 'broker'] !== undefined;
}
