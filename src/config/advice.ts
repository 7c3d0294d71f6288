// What is right and yet unwise: said by `check`, and no reason not to start.
import type { Text } from '#base';
import { unwatchedLines } from '#sensors/options';
import type { Config } from './schema.ts';
import type { Flaw } from './yaml.ts';

/** What a technician should change in a configuration that holds. Paths start at the top. */
export function adviseOn({ sensors }: Config): readonly Flaw[] {
  const buses = sensors.buses.map((bus, index) => ({ at: ['buses', index], port: bus.driver === 'modbus-rtu' ? bus.port : '' }));
  const lines = sensors.lines.map((line, index) => ({ at: ['lines', index], port: line.via === 'serial' ? line.port : '' }));
  const ports = [...buses, ...lines]
    .filter(({ port }) => numbered.test(port))
    .map(({ at, port }): Flaw => ({ path: ['sensors', ...at, 'port'], text: unstable(port) }));
  const senders = (sensors.webhook?.sources ?? []).flatMap(({ hmac }, index): Flaw[] =>
    hmac && !hmac.timestamp ? [{ path: ['sensors', 'webhook', 'sources', index, 'hmac'], text: timeless }] : [],
  );
  const unwatched = unwatchedLines(sensors).map((index): Flaw => ({ path: ['sensors', 'lines', index, 'grammar'], text: unmissed }));
  return [...ports, ...unwatched, ...senders];
}

const unmissed: Text = {
  en: 'a cut wire or a dead panel would go unnoticed: neither this line nor its grammar has silentAfter; set it longer than the pause between what the panel says regularly, and have the panel say something where it does not',
  ko: '회선이 끊기거나 수신기가 꺼져도 알 수 없습니다. 이 라인에도 문법에도 silentAfter가 없습니다. 수신기가 정기적으로 보내는 간격보다 길게 설정하고, 정기 출력이 없으면 수신기에서 켜십시오',
};

const timeless: Text = {
  en: 'the signature holds no time of sending: whoever has caught a signed message can send it again, an all-clear too; have the sender sign the time, and set hmac.timestamp',
  ko: '서명에 보낸 시각이 없어, 가로챈 메시지(정상 복귀 포함)를 누구나 다시 보낼 수 있습니다. 보내는 쪽에서 시각까지 서명하게 하고 hmac.timestamp를 설정하십시오',
};

/** Adapters are numbered in the order in which the kernel finds them; on-board ports (ttyS, ttyAMA) stay where they are. */
const numbered = /^\/dev\/tty(?:USB|ACM)\d+$/;

function unstable(port: string): Text {
  return {
    en: `${port} may be another adapter after a restart or a replug; take its name under /dev/serial/by-id, or by-path for adapters without a serial number (ls -l /dev/serial/by-id)`,
    ko: `${port}은(는) 재시작하거나 다시 꽂으면 다른 어댑터가 될 수 있습니다. /dev/serial/by-id의 이름을 쓰십시오. 일련번호가 없는 어댑터는 by-path를 쓰십시오 (ls -l /dev/serial/by-id)`,
  };
}
