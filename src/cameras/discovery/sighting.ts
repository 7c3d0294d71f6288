// A place where a device service may answer, as somebody on the network said it or as a port was found open. Pure.
import type { Finding } from '#model';
import { parseAddress } from '../address.ts';
import { isWithin, parseIpv4, type Span } from '../ranges.ts';
import { type Announcement, readScopes, type ScopeFacts } from './messages.ts';

/** Seen, not yet asked. */
export interface Sighting {
  /** Dotted IPv4 from which it was heard, or that was knocked at. */
  readonly host: string;
  readonly url: URL;
  readonly endpoint: string;
  readonly facts: ScopeFacts;
  readonly way: Finding['way'];
}

const noFacts: ScopeFacts = { name: '', hardware: '', mac: '' };

/**
 * What a camera said, heard from `sender`. Its address is at the sender itself, or in one of `nets` together with the sender (two addresses of one
 * camera on its own network): no message can send our questions to another network, nor to one of our `own` addresses, where only our own doors are.
 */
export function sightingOf(
  said: Announcement,
  sender: string,
  way: Finding['way'],
  near: { readonly nets: readonly Span[]; readonly own: readonly string[] } = { nets: [], own: [] },
): Sighting {
  const url = chooseAddress(said.addresses, sender, near);
  return { host: url.hostname, url, endpoint: said.endpoint, facts: readScopes(said.scopes), way };
}

/** An open port. */
export function sightingAt(host: string, port: number): Sighting {
  return { host, url: serviceUrl(host, port), endpoint: '', facts: noFacts, way: 'http' };
}

/** Whether what was said means a camera: printers and computers say Hello on the same address. */
export function isCamera({ types, scopes, addresses }: Announcement): boolean {
  if (types.includes('NetworkVideoTransmitter') || scopes.some((scope) => /^onvif:\/\/www\.onvif\.org\//i.test(scope))) return true;
  return addresses.some((address) => address.toLowerCase().includes('/onvif/'));
}

/** The address at the sender itself, or near it, else a said one with the sender in the place of its host (a translated address). */
function chooseAddress(
  said: readonly string[],
  sender: string,
  { nets, own }: { readonly nets: readonly Span[]; readonly own: readonly string[] },
): URL {
  const urls = said.flatMap((address) => serviceOf(address) ?? []);
  const near =
    urls.find((url) => url.hostname === sender) ?? urls.find((url) => !own.includes(url.hostname) && isNear(url.hostname, sender, nets));
  const any = near ?? urls.find((url) => parseIpv4(url.hostname) !== undefined) ?? urls[0] ?? serviceUrl(sender, 80);
  const chosen = new URL(any);
  if (!near) chosen.hostname = sender;
  chosen.username = '';
  chosen.password = '';
  return chosen;
}

function isNear(host: string, sender: string, nets: readonly Span[]): boolean {
  const [one, other] = [parseIpv4(host), parseIpv4(sender)];
  return one !== undefined && other !== undefined && nets.some((net) => isWithin([net], one) && isWithin([net], other));
}

function serviceOf(address: string): URL | undefined {
  const url = URL.parse(address);
  return url && url.href.length <= 200 && parseAddress(url.href)?.protocol === 'onvif' ? url : undefined;
}

/** Ports at which cameras speak HTTPS, by custom. */
const tlsPorts: readonly number[] = [443, 8443];

function serviceUrl(host: string, port: number): URL {
  return new URL(`${tlsPorts.includes(port) ? 'https' : 'http'}://${host}:${port}/onvif/device_service`);
}

/** `10.0.0.5:80`: one service at one place. */
export function placeOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/** The shortest way to write a service so that `parseAddress` understands it. */
export function writeAddress(url: URL): string {
  return [url.host, url.origin, url.href].find((text) => parseAddress(text)?.url.href === url.href) ?? url.href;
}
