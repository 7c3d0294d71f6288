// A sensor of the configuration as the registry knows devices.
import type { Device, Place } from '#model';
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
}

/** The device at `address`; its channels are the template's points, a pushed sensor has one. */
export function deviceOf(stated: StatedSensor, what: { readonly address: string; readonly template?: Template }): Device {
  const { latitude, longitude, address } = stated.place;
  const place: Place = {
    ...(latitude === undefined ? {} : { latitude }),
    ...(longitude === undefined ? {} : { longitude }),
    ...(address === undefined ? {} : { address }),
  };
  const points = what.template?.points.map(({ name }) => name) ?? ['device'];
  return {
    id: stated.device,
    type: 'sensor',
    name: stated.name === '' ? stated.device : stated.name,
    address: what.address,
    purpose: stated.purpose,
    place,
    channels: points.map((name, index) => ({ number: index + 1, name })),
    identity: { maker: what.template?.maker ?? '', model: what.template?.model ?? '', firmware: '', serial: '' },
  };
}
