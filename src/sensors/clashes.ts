// What the parts of the sensors' section must agree on.

interface Bus {
  readonly id: string;
  readonly driver: string;
  readonly host?: string;
  readonly port: string | number;
  readonly units: readonly { readonly unit: number; readonly device: string; readonly template: string }[];
}

interface Source {
  readonly id: string;
  readonly device: string;
  readonly template?: string | undefined;
  readonly devices: readonly { readonly device: string; readonly key: string | number; readonly template?: string | undefined }[];
}

/** What is looked over of the section. */
interface Section {
  readonly buses: readonly Bus[];
  readonly polls: readonly Source[];
  readonly onem2m?: { readonly sources: readonly Source[] } | undefined;
  readonly webhook?: { readonly sources: readonly Source[] } | undefined;
  readonly mqtt: {
    readonly connections: readonly {
      readonly id: string;
      readonly clientId: string;
      readonly url: string;
      readonly sources: readonly Source[];
    }[];
    readonly broker?: { readonly users: readonly { readonly sources: readonly Source[] }[] } | undefined;
  };
  readonly lines: readonly {
    readonly id: string;
    readonly device: string;
    readonly grammar: string;
    readonly template?: string | undefined;
    readonly devices: readonly { readonly device: string; readonly key: string; readonly template?: string | undefined }[];
    readonly port?: string | number;
    readonly via: string;
  }[];
  readonly templates: Readonly<Record<string, unknown>>;
  readonly grammars: Readonly<Record<string, { readonly address?: string | undefined }>>;
}

/** Something that is there twice or not at all, and where. */
interface Clash {
  readonly message: string;
  readonly path: (string | number)[];
}

/** Looks over the whole section: names that are taken twice, templates that nobody knows. */
export function findClashes(
  value: Section,
  shipped: { readonly templates: readonly string[]; readonly grammars: readonly string[] },
): Clash[] {
  const problems: Clash[] = [];
  const once = (what: string) => {
    const seen = new Set<string | number>();
    return (name: string | number, path: (string | number)[]): void => {
      if (seen.has(name)) problems.push({ message: `${what} ${name} is there twice`, path });
      seen.add(name);
    };
  };
  const device = once('device');
  const busId = once('bus');
  const port = once('port');
  const known = new Set<string>([...shipped.templates, ...Object.keys(value.templates)]);
  const grammars = new Set<string>([...shipped.grammars, ...Object.keys(value.grammars)]);
  const template = (name: string | undefined, path: (string | number)[]): void => {
    if (name !== undefined && !known.has(name)) problems.push({ message: `expected one of ${[...known].join(', ')}`, path });
  };
  for (const name of shipped.grammars) {
    if (Object.hasOwn(value.grammars, name)) problems.push({ message: 'a shipped grammar has this name', path: ['grammars', name] });
  }
  for (const name of shipped.templates) {
    if (Object.hasOwn(value.templates, name)) problems.push({ message: 'a shipped template has this name', path: ['templates', name] });
  }
  for (const [index, each] of value.buses.entries()) {
    const path = ['buses', index];
    busId(each.id, [...path, 'id']);
    port(each.host === undefined ? each.port : `${each.host}:${each.port}`, [...path, 'port']);
    const unitId = once('unit');
    for (const [place, unit] of each.units.entries()) {
      const at = [...path, 'units', place];
      unitId(unit.unit, [...at, 'unit']);
      device(unit.device, [...at, 'device']);
      template(unit.template, [...at, 'template']);
    }
  }
  for (const [index, each] of value.lines.entries()) {
    const path = ['lines', index];
    busId(each.id, [...path, 'id']);
    if (each.via === 'serial' && each.port !== undefined) port(each.port, [...path, 'port']);
    device(each.device, [...path, 'device']);
    template(each.template, [...path, 'template']);
    const key = once('key');
    for (const [place, member] of each.devices.entries()) {
      device(member.device, [...path, 'devices', place, 'device']);
      template(member.template, [...path, 'devices', place, 'template']);
      key(member.key, [...path, 'devices', place, 'key']);
    }
    if (each.devices.length > 0 && grammars.has(each.grammar) && value.grammars[each.grammar]?.address === undefined)
      problems.push({ message: 'devices need a grammar with an address, one of the site’s own', path: [...path, 'devices'] });
    if (!grammars.has(each.grammar)) problems.push({ message: `expected one of ${[...grammars].join(', ')}`, path: [...path, 'grammar'] });
  }
  const sourceId = once('source');
  const source = (each: Source, path: (string | number)[]): void => {
    sourceId(each.id, [...path, 'id']);
    device(each.device, [...path, 'device']);
    template(each.template, [...path, 'template']);
    const key = once('key');
    for (const [place, member] of each.devices.entries()) {
      device(member.device, [...path, 'devices', place, 'device']);
      template(member.template, [...path, 'devices', place, 'template']);
      key(String(member.key), [...path, 'devices', place, 'key']);
    }
  };
  for (const [index, each] of value.onem2m?.sources.entries() ?? []) source(each, ['onem2m', 'sources', index]);
  for (const [index, each] of value.polls.entries()) source(each, ['polls', index]);
  for (const [index, each] of value.webhook?.sources.entries() ?? []) source(each, ['webhook', 'sources', index]);
  for (const [list, owners] of [
    ['connections', value.mqtt.connections],
    ['broker.users', value.mqtt.broker?.users ?? []],
  ] as const) {
    for (const [index, { sources }] of owners.entries())
      for (const [place, each] of sources.entries()) source(each, ['mqtt', ...list.split('.'), index, 'sources', place]);
  }
  const clientId = once('client identifier');
  for (const [index, each] of value.mqtt.connections.entries()) {
    busId(each.id, ['mqtt', 'connections', index, 'id']);
    clientId(`${each.clientId} at ${each.url}`, ['mqtt', 'connections', index, 'clientId']);
  }
  return problems;
}
