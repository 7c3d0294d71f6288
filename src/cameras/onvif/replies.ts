// The replies to further questions as values; what is missing or malformed in them is left out, and every list is bounded.
import { attribute, child, childrenOf, descend, textAt, type XmlElement } from '../xml/index.ts';

/** A head that moves a camera (ONVIF PTZ §4.2). */
export interface PtzNode {
  readonly token: string;
  readonly name: string;
  readonly home: boolean;
  readonly maxPresets: number;
  /** Local names of the kinds of movement that it offers: `ContinuousPanTiltVelocitySpace`, `AbsoluteZoomPositionSpace` … */
  readonly spaces: readonly string[];
}

/** A place that the head remembers. */
export interface Preset {
  readonly token: string;
  readonly name: string;
}

/** A relay output (ONVIF Core §8.6, DeviceIO §5.4). */
export interface RelayOutput {
  readonly token: string;
  /** `Bistable` stays until it is set again, `Monostable` falls back by itself; as the camera writes it. */
  readonly mode: string;
  /** `open` or `closed`. */
  readonly idle: string;
}

/** A digital input (ONVIF DeviceIO §5.6). */
export interface DigitalInput {
  readonly token: string;
  readonly idle: string;
}

const maxPorts = 256;
const maxPresets = 512;
const maxNodes = 128;
const maxModules = 256;
const maxInterfaces = 64;

type Body = XmlElement | undefined;

/** The hardware address of the interface by which the camera is reached at `host`; of the first that is on where none tells that address. */
export function readMac(body: Body, host: string): string | undefined {
  const all = childrenOf(descend(body, 'GetNetworkInterfacesResponse'), 'NetworkInterfaces').slice(0, maxInterfaces);
  const on = all.filter((one) => textAt(one, 'Enabled') !== 'false' && plainMac(textAt(one, 'Info', 'HwAddress')) !== undefined);
  const found = on.find((one) => addressesOf(child(one, 'IPv4')).includes(host)) ?? on[0];
  return plainMac(textAt(found, 'Info', 'HwAddress'));
}

/** Cameras write `00:09:18:A1:B2:C3`, `00-09-18-…` and `000918A1B2C3`. */
export function plainMac(text: string): string | undefined {
  const digits = text.length > 40 ? '' : text.toLowerCase().replaceAll(/[:.\s-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits) || /^(0{12}|f{12})$/.test(digits)) return undefined;
  return (digits.match(/../g) ?? []).join(':');
}

function addressesOf(ip: Body): readonly string[] {
  const config = child(ip, 'Config');
  return ['Manual', 'FromDHCP', 'LinkLocal'].flatMap((way) => childrenOf(config, way).map((one) => textAt(one, 'Address')));
}

/** Ports of the protocols that are on, by name: `HTTP`, `HTTPS`, `RTSP`. */
export function readProtocols(body: Body): ReadonlyMap<string, number> {
  const all = childrenOf(descend(body, 'GetNetworkProtocolsResponse'), 'NetworkProtocols').slice(0, maxInterfaces);
  return new Map(
    all.flatMap((one) => {
      const port = Number(textAt(one, 'Port'));
      const isOn = textAt(one, 'Enabled') === 'true' && Number.isInteger(port) && port > 0 && port < 65_536;
      return isOn ? [[textAt(one, 'Name').toUpperCase(), port] as const] : [];
    }),
  );
}

/** Of either service: both write them alike. */
export function readRelays(body: Body): readonly RelayOutput[] {
  return tokens(descend(body, 'GetRelayOutputsResponse'), 'RelayOutputs', maxPorts).map(({ token, element }) => ({
    token,
    mode: textAt(element, 'Properties', 'Mode').slice(0, 20),
    idle: textAt(element, 'Properties', 'IdleState').slice(0, 20),
  }));
}

export function readInputs(body: Body): readonly DigitalInput[] {
  return tokens(descend(body, 'GetDigitalInputsResponse'), 'DigitalInputs', maxPorts).map(({ token, element }) => ({
    token,
    idle: (attribute(element, 'IdleState') ?? '').slice(0, 20),
  }));
}

export function readNodes(body: Body): readonly PtzNode[] {
  return tokens(descend(body, 'GetNodesResponse'), 'PTZNode', maxNodes).map(({ token, element }) => ({
    token,
    name: textAt(element, 'Name').slice(0, 100),
    home: textAt(element, 'HomeSupported') === 'true',
    maxPresets: Math.min(Number(textAt(element, 'MaximumNumberOfPresets')) || 0, 10_000),
    spaces: [...new Set(child(element, 'SupportedPTZSpaces')?.children.map(({ name }) => name))].slice(0, 16),
  }));
}

/** Presets in the order in which the camera tells them; one without a name is called by its token. */
export function readPresets(body: Body): readonly Preset[] {
  return tokens(descend(body, 'GetPresetsResponse'), 'Preset', maxPresets).map(({ token, element }) => ({
    token,
    name: textAt(element, 'Name').slice(0, 100) || token,
  }));
}

/** Whether a rule or module of a reply to GetRules or GetAnalyticsModules listens: by its type, for names are free. */
export function listensForSound(body: Body): boolean {
  const all = [descend(body, 'GetRulesResponse'), descend(body, 'GetAnalyticsModulesResponse')].flatMap((reply) => [
    ...childrenOf(reply, 'Rule'),
    ...childrenOf(reply, 'AnalyticsModule'),
  ]);
  return all.slice(0, maxModules).some((one) => /audio|sound|scream|gunshot/i.test(attribute(one, 'Type') ?? ''));
}

function tokens(reply: Body, name: string, max: number): readonly { readonly token: string; readonly element: XmlElement }[] {
  return childrenOf(reply, name)
    .slice(0, max)
    .flatMap((element) => {
      const token = attribute(element, 'token');
      return token && token.length <= 200 ? { token, element } : [];
    });
}
