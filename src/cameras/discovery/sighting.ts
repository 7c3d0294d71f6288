// A place where a device service may answer, as somebody on the network said it or as a port was found open. Pure.
import type { Finding } from '#model';
import { parseAddress } from '../address.ts';
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

/** What a camera said, heard from `host`. Never another host than that: no message can send our questions elsewhere. */
export function sightingOf(said: Announcement, host: string, way: Finding['way']): Sighting {
  return { host, url: chooseAddress(said.addresses, host), endpoint: said.endpoint, facts: readScopes(said.scopes), way };
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

/** The address at the sender itself, else a said one with the sender in the place of its host (a translated or a second address). */
function chooseAddress(said: readonly string[], host: string): URL {
  const urls = said.map((address) => URL.parse(address)).filter((url) => url !== null && isService(url));
  const url = urls.find((one) => one?.hostname === host) ?? urls.find((one) => one !== null && /^[\d.]+$/.test(one.hostname)) ?? urls[0];
  const chosen = new URL(url ?? serviceUrl(host, 80));
  chosen.hostname = host;
  chosen.username = '';
  chosen.password = '';
  return chosen;
}

function isService(url: URL): boolean {
  return url.href.length <= 200 && parseAddress(url.href)?.protocol === 'onvif';
}

function serviceUrl(host: string, port: number): URL {
  return new URL(`http://${host}:${port}/onvif/device_service`);
}

/** `10.0.0.5:80`: one service at one place. */
export function placeOf(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}

/** The shortest way to write a service so that `parseAddress` understands it. */
export function writeAddress(url: URL): string {
  return [url.host, url.href].find((text) => parseAddress(text)?.url.href === url.href) ?? url.href;
}
