// A sensor of the configuration as the registry knows devices.
import type { Device, Place, SensorRecord } from '#model';
import type { Template } from './options.ts';

/** What the configuration says of any sensor. */
export interface StatedSensor {
  readonly device: string;
  readonly name: string;
  readonly place: {
    readonly latitude?: number | undefined;
    readonly longitude?: number | undefined;
    readonly address?: string | undefined;
  };
  readonly purpose: string;
  readonly zone?: string | undefined;
  readonly zones?: Readonly<Record<string, string>> | undefined;
  readonly premises?: string | undefined;
  readonly cameras?: SensorRecord['cameras'] | undefined;
  readonly facts?: Readonly<Record<string, string>> | undefined;
}

/** The device at `address`; its channels are the template's points, a pushed sensor has one. */
export function deviceOf(stated: StatedSensor, what: { readonly address: string; readonly template?: Template }): Device {
  const { latitude, longitude, address } = stated.place;
  const place: Place = {
    ...(latitude === undefined ? {} : { latitude }),
    ...(longitude === undefined ? {} : { longitude }),
    ...(address === undefined ? {} : { address }),
  };
  const record = recordOf(stated);
  const points = what.template?.points.map(({ name }) => name) ?? ['device'];
  return {
    id: stated.device,
    type: 'sensor',
    name: stated.name === '' ? stated.device : stated.name,
    address: what.address,
    purpose: stated.purpose,
    place,
    channels: points.map((name, index) => ({ number: index + 1, name })),
    ...(record && { record }),
    identity: { maker: what.template?.maker ?? '', model: what.template?.model ?? '', firmware: '', serial: '' },
  };
}

function recordOf({ zone, zones, premises, cameras, facts }: StatedSensor): SensorRecord | undefined {
  const record: SensorRecord = {
    ...(zone !== undefined && { zone }),
    ...(zones && { zones }),
    ...(premises !== undefined && { premises }),
    ...(cameras && { cameras }),
    ...(facts && { facts }),
  };
  return Object.keys(record).length === 0 ? undefined : record;
}
