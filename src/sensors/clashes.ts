// What the parts of the sensors' section must agree on, looked over also where a part of it is wrong by itself.
import type { Text } from '#base';
import { entriesOf, fieldsOf } from './option-fields.ts';
import { type Reach, reachOf } from './shipped-templates.ts';

type Path = readonly (string | number)[];

/** Something that is there twice or not at all, and where. `known`: the names of which one was meant. */
export type Clash = { readonly path: Path } & ({ readonly text: Text } | { readonly known: readonly string[] });

/** Names of what the product ships. */
interface Shipped {
  readonly templates: Readonly<Record<string, Reach>>;
  readonly grammars: readonly string[];
}

const kept: Text = { en: 'this name is kept for the gateway itself', ko: '게이트웨이 자신을 뜻하는 이름이라 쓸 수 없습니다' };
const shippedTemplate: Text = { en: 'a shipped template has this name', ko: '제품에 들어 있는 템플릿의 이름입니다. 다른 이름을 쓰십시오' };
const shippedGrammar: Text = { en: 'a shipped grammar has this name', ko: '제품에 들어 있는 문법의 이름입니다. 다른 이름을 쓰십시오' };
const noRegisters: Text = {
  en: 'a unit of a bus needs a template with modbus points; this one has paths alone, for senders of messages',
  ko: '버스의 장치에는 modbus 측정점이 있는 템플릿이 필요합니다. 이 템플릿은 메시지를 보내는 센서용(path)입니다',
};
const noPaths: Text = {
  en: 'a sender of messages needs a template with paths; this one has modbus points alone, for units of a bus',
  ko: '메시지를 보내는 센서에는 path 측정점이 있는 템플릿이 필요합니다. 이 템플릿은 Modbus 버스의 장치용입니다',
};
const noAddress: Text = {
  en: 'devices need a grammar with an address, one of the site’s own',
  ko: 'devices를 쓰려면 address가 있는 사이트 자체 문법(sensors.grammars)이어야 합니다',
};
const twiceText = (what: Text, name: string | number): Text => ({
  en: `${what.en} ${name} is there twice`,
  ko: `${what.ko} ${name}이(가) 두 번 쓰였습니다`,
});
const nouns = {
  device: { en: 'device', ko: '장치' },
  bus: { en: 'bus', ko: '버스·연결 이름' },
  port: { en: 'port', ko: '포트' },
  unit: { en: 'unit', ko: '국번' },
  key: { en: 'key', ko: '키' },
  source: { en: 'source', ko: '소스' },
  client: { en: 'client identifier', ko: '클라이언트 식별자' },
};

/** Looks over the whole section, whatever it is: names that are taken twice or kept, templates and grammars that nobody knows. */
export function findClashes(section: unknown, shipped: Shipped): readonly Clash[] {
  const value = fieldsOf(section);
  const walk = openWalk(value, shipped);
  for (const [place, bus] of entriesOf(value['buses'])) walk.bus(bus, ['buses', place]);
  for (const [place, line] of entriesOf(value['lines'])) walk.line(line, ['lines', place]);
  walk.sources(fieldsOf(value['onem2m'])['sources'], ['onem2m', 'sources']);
  walk.sources(value['polls'], ['polls']);
  walk.sources(fieldsOf(value['webhook'])['sources'], ['webhook', 'sources']);
  const mqtt = fieldsOf(value['mqtt']);
  for (const [place, connection] of entriesOf(mqtt['connections'])) walk.connection(connection, ['mqtt', 'connections', place]);
  for (const [place, user] of entriesOf(fieldsOf(mqtt['broker'])['users']))
    walk.sources(user['sources'], ['mqtt', 'broker', 'users', place, 'sources']);
  return walk.clashes;
}

type Fields = Readonly<Record<string, unknown>>;

/** The points of a template that may be anything: with none that can be read, it fits everywhere. */
function points(template: unknown): Parameters<typeof reachOf>[0] {
  const found = entriesOf(fieldsOf(template)['points']).map(([, point]) => point);
  return found.some(({ modbus, path }) => modbus !== undefined || path !== undefined) ? found : [{ modbus: 0, path: '' }];
}

/** What there is in the section so far, and what clashes with it. */
function openNames(value: Fields, shipped: Shipped) {
  const own = { templates: fieldsOf(value['templates']), grammars: fieldsOf(value['grammars']) };
  const reaches = new Map<string, Reach>([
    ...Object.entries(own.templates).map(([name, template]) => [name, reachOf(points(template))] as const),
    ...Object.entries(shipped.templates),
  ]);
  const known = {
    templates: [...reaches.keys()],
    grammars: [...shipped.grammars, ...Object.keys(own.grammars)],
  };
  const clashes: Clash[] = [
    ...shipped.grammars
      .filter((name) => Object.hasOwn(own.grammars, name))
      .map((name) => ({ text: shippedGrammar, path: ['grammars', name] })),
    ...Object.keys(shipped.templates)
      .filter((name) => Object.hasOwn(own.templates, name))
      .map((name) => ({ text: shippedTemplate, path: ['templates', name] })),
  ];
  const once = (what: Text) => {
    const seen = new Set<string | number>();
    return (name: unknown, path: Path): void => {
      if (typeof name !== 'string' && typeof name !== 'number') return;
      if (seen.has(name)) clashes.push({ text: twiceText(what, name), path });
      seen.add(name);
    };
  };
  const deviceId = once(nouns.device);
  const oneOf = (names: readonly string[], name: unknown, path: Path): void => {
    if (typeof name === 'string' && !names.includes(name)) clashes.push({ known: names, path });
  };
  /** One sensor: its id, and what it is. */
  const sensor = ({ device, template }: Fields, reach: 'bus' | 'messages', path: Path): void => {
    if (device === 'gateway') clashes.push({ text: kept, path: [...path, 'device'] });
    else deviceId(device, [...path, 'device']);
    oneOf(known.templates, template, [...path, 'template']);
    const reached = reaches.get(String(template));
    if (reached !== undefined && reached !== 'both' && reached !== reach)
      clashes.push({ text: reach === 'bus' ? noRegisters : noPaths, path: [...path, 'template'] });
  };
  return { clashes, own, known, once, oneOf, sensor };
}

function openWalk(value: Fields, shipped: Shipped) {
  const { clashes, own, known, once, oneOf, sensor } = openNames(value, shipped);
  const busId = once(nouns.bus);
  const port = once(nouns.port);
  const sourceId = once(nouns.source);
  const clientId = once(nouns.client);
  const members = (devices: unknown, path: Path): void => {
    const key = once(nouns.key);
    for (const [place, member] of entriesOf(devices)) {
      sensor(member, 'messages', [...path, place]);
      key(typeof member['key'] === 'number' ? String(member['key']) : member['key'], [...path, place, 'key']);
    }
  };
  const sources = (list: unknown, path: Path): void => {
    for (const [place, source] of entriesOf(list)) {
      sourceId(source['id'], [...path, place, 'id']);
      sensor(source, 'messages', [...path, place]);
      members(source['devices'], [...path, place, 'devices']);
    }
  };
  return {
    clashes,
    sources,
    bus(bus: Fields, path: Path): void {
      busId(bus['id'], [...path, 'id']);
      const { host, port: own } = bus;
      const isWritten = typeof own === 'string' || typeof own === 'number';
      if (isWritten) port(typeof host === 'string' ? `${host}:${own}` : own, [...path, 'port']);
      const unitId = once(nouns.unit);
      for (const [place, unit] of entriesOf(bus['units'])) {
        unitId(unit['unit'], [...path, 'units', place, 'unit']);
        sensor(unit, 'bus', [...path, 'units', place]);
      }
    },
    line(line: Fields, path: Path): void {
      busId(line['id'], [...path, 'id']);
      if (line['via'] === 'serial') port(line['port'], [...path, 'port']);
      sensor(line, 'messages', path);
      members(line['devices'], [...path, 'devices']);
      const { grammar } = line;
      oneOf(known.grammars, grammar, [...path, 'grammar']);
      const isAddressed = fieldsOf(typeof grammar === 'string' ? own.grammars[grammar] : undefined)['address'] !== undefined;
      if (entriesOf(line['devices']).length > 0 && known.grammars.includes(String(grammar)) && !isAddressed)
        clashes.push({ text: noAddress, path: [...path, 'devices'] });
    },
    connection(connection: Fields, path: Path): void {
      busId(connection['id'], [...path, 'id']);
      clientId(`${String(connection['clientId'])} at ${String(connection['url'])}`, [...path, 'clientId']);
      sources(connection['sources'], [...path, 'sources']);
    },
  };
}
