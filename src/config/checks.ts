// What two sections must agree on: ports.
import { portsOf } from '#streams/options';
import type { Config } from './schema.ts';
import type { Flaw, Path } from './yaml.ts';

/** Sections that are right by themselves; the others are left out. */
export type CheckedSections = { readonly [K in keyof Config]: Config[K] | undefined };

/** Checks across the sections that are there. Paths start at the top. */
export function checkSections(config: CheckedSections): readonly Flaw[] {
  return checkPorts(config);
}

type Claim = readonly [Path, number | undefined, process?: number | undefined];

/** A port that two listeners of this machine's gateway would take; 0 is any free one. */
function checkPorts(config: CheckedSections): readonly Flaw[] {
  return [...findClashes(tcpClaims(config)), ...findClashes(udpClaims(config))];
}

function tcpClaims({ streams, sensors, cameras, control }: CheckedSections): readonly Claim[] {
  const lines = (sensors?.lines ?? []).map(
    (line, index): Claim => [['sensors', 'lines', index, 'listen', 'port'], line.via === 'tcp-listen' ? line.listen.port : undefined],
  );
  return [
    ...relayClaims(streams, 'rtsp.port'),
    ...relayClaims(streams, 'http.port'),
    [['sensors', 'webhook', 'listen', 'port'], sensors?.webhook?.listen.port],
    [['sensors', 'mqtt', 'broker', 'listen', 'port'], sensors?.mqtt.broker?.listen.port],
    [['cameras', 'events', 'push', 'listen', 'port'], cameras?.events.push?.listen.port],
    [['control', 'metrics', 'port'], control?.metrics?.port],
    ...lines,
  ];
}

function udpClaims({ streams, sensors }: CheckedSections): readonly Claim[] {
  const lines = (sensors?.lines ?? []).map(
    (line, index): Claim => [['sensors', 'lines', index, 'listen', 'port'], line.via === 'udp' ? line.listen.port : undefined],
  );
  const pairs = streams?.tls ? [] : relayClaims(streams, 'rtsp.udpPort');
  return [
    ...pairs.flatMap(([path, port = 0, process]): Claim[] => [
      [path, port, process],
      [path, port + 1, process],
    ]),
    ...lines,
  ];
}

/** What all processes of the relay take. */
function relayClaims(streams: CheckedSections['streams'], name: Parameters<typeof portsOf>[1]): readonly Claim[] {
  return streams ? portsOf(streams, name).map(({ process, port }) => [['streams', ...name.split('.')], port, process]) : [];
}

function findClashes(claims: readonly Claim[]): readonly Flaw[] {
  const flaws: Flaw[] = [];
  const taken = new Map<number, string>();
  for (const [path, port, process = 0] of claims) {
    if (port === undefined || port === 0) continue;
    const other = taken.get(port);
    if (other === undefined) taken.set(port, process === 0 ? path.join('.') : `${path.join('.')} (streams.processes: ${process + 1})`);
    else flaws.push({ path, text: { en: `port ${port} is already taken by ${other}`, ko: `포트 ${port}은(는) 이미 ${other}에서 씁니다` } });
  }
  return flaws;
}
