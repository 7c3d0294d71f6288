// What is right and yet unwise: said by `check`, and no reason not to start.
import type { Text } from '#base';
import type { Config } from './schema.ts';
import type { Flaw } from './yaml.ts';

/** What a technician should change in a configuration that holds. Paths start at the top. */
export function adviseOn({ sensors }: Config): readonly Flaw[] {
  const buses = sensors.buses.map((bus, index) => ({ at: ['buses', index], port: bus.driver === 'modbus-rtu' ? bus.port : '' }));
  const lines = sensors.lines.map((line, index) => ({ at: ['lines', index], port: line.via === 'serial' ? line.port : '' }));
  return [...buses, ...lines]
    .filter(({ port }) => numbered.test(port))
    .map(({ at, port }) => ({ path: ['sensors', ...at, 'port'], text: unstable(port) }));
}

/** Adapters are numbered in the order in which the kernel finds them; on-board ports (ttyS, ttyAMA) stay where they are. */
const numbered = /^\/dev\/tty(?:USB|ACM)\d+$/;

function unstable(port: string): Text {
  return {
    en: `${port} may be another adapter after a restart or a replug; take its name under /dev/serial/by-id, or by-path for adapters without a serial number (ls -l /dev/serial/by-id)`,
    ko: `${port}은(는) 재시작하거나 다시 꽂으면 다른 어댑터가 될 수 있습니다. /dev/serial/by-id의 이름을 쓰십시오. 일련번호가 없는 어댑터는 by-path를 쓰십시오 (ls -l /dev/serial/by-id)`,
  };
}
