// The messages of WS-Discovery (2005/04, ONVIF Core §7.3) as bytes: probes that we write, and what cameras say of themselves. Pure.
import { childrenOf, descend, escapeXml, readXml, textAt, type XmlElement } from '../xml/index.ts';

/** What a probe asks for; `any` names no type, for devices that answer to nothing else. */
export type ProbeType = 'device' | 'transmitter' | 'any';

/** What one camera says of itself. */
export interface Announcement {
  /** `urn:uuid:…`, lower case; empty when it has none. */
  readonly endpoint: string;
  /** Local names: `NetworkVideoTransmitter`, `Device`. */
  readonly types: readonly string[];
  readonly scopes: readonly string[];
  /** Addresses of its device service, as it says them. */
  readonly addresses: readonly string[];
}

/** A message that was understood. */
export interface DiscoveryMessage {
  readonly kind: 'ProbeMatches' | 'ResolveMatches' | 'Hello' | 'Bye';
  /** The message that it answers, `urn:uuid:…`; empty when it says none. */
  readonly relatesTo: string;
  readonly announcements: readonly Announcement[];
}

/** A datagram beyond this is not read: SOAP-over-UDP §2 allows 64 KiB, cameras send 1 to 4. */
export const maxDatagramBytes = 16 * 1024;

const limits = { depth: 16, elements: 400, attributes: 40 };
const maxAnnouncements = 32;
const maxWords = 64;
const maxWordLength = 300;

const types: Readonly<Record<ProbeType, string>> = {
  device: '<d:Types xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device</d:Types>',
  transmitter: '<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>',
  any: '',
};
const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';

/** A probe of that type (WS-Discovery §5.2). `id` is a UUID; a retransmission carries the same. */
export function writeProbe(type: ProbeType, id: string): Buffer {
  return Buffer.from(writeRequest('Probe', `<d:Probe>${types[type]}</d:Probe>`, id));
}

/** Asks where the device of an endpoint is (WS-Discovery §6.2). */
export function writeResolve(endpoint: string, id: string): Buffer {
  const reference = `<a:EndpointReference><a:Address>${escapeXml(endpoint)}</a:Address></a:EndpointReference>`;
  return Buffer.from(writeRequest('Resolve', `<d:Resolve>${reference}</d:Resolve>`, id));
}

function writeRequest(action: string, body: string, id: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"' +
    ` xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="${discovery}"><s:Header>` +
    `<a:MessageID>urn:uuid:${escapeXml(id)}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>` +
    `<a:Action>${discovery}/${action}</a:Action></s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** Reads a datagram; undefined when it is none of the four messages, too large, or broken. Never throws. */
export function readMessage(datagram: Uint8Array): DiscoveryMessage | undefined {
  if (datagram.length > maxDatagramBytes) return undefined;
  const read = readXml(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength).toString('utf8'), limits);
  if (!read.ok) return undefined;
  const body = descend(read.root, 'Body');
  const relatesTo = textAt(read.root, 'Header', 'RelatesTo').toLowerCase().slice(0, 100);
  for (const kind of ['ProbeMatches', 'ResolveMatches', 'Hello', 'Bye'] as const) {
    const [said] = childrenOf(body, kind);
    if (said) return { kind, relatesTo, announcements: announcementsOf(kind, said) };
  }
  return undefined;
}

function announcementsOf(kind: DiscoveryMessage['kind'], said: XmlElement): readonly Announcement[] {
  if (kind === 'Hello' || kind === 'Bye') return [announcementOf(said)];
  const name = kind === 'ProbeMatches' ? 'ProbeMatch' : 'ResolveMatch';
  return childrenOf(said, name).slice(0, maxAnnouncements).map(announcementOf);
}

function announcementOf(said: XmlElement): Announcement {
  return {
    endpoint: readEndpoint(textAt(said, 'EndpointReference', 'Address')),
    types: wordsOf(textAt(said, 'Types')).map((type) => type.replace(/^.*:/, '')),
    scopes: wordsOf(textAt(said, 'Scopes')),
    addresses: wordsOf(textAt(said, 'XAddrs')),
  };
}

/** Cameras write `urn:uuid:X`, `uuid:X`, `URN:UUID:x` and the bare X. */
function readEndpoint(text: string): string {
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^(urn:)?(uuid:)?/, '');
  return /^[0-9a-z][0-9a-z._-]{3,63}$/.test(bare) ? `urn:uuid:${bare}` : '';
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(/\s+/, maxWords + 1)
    .filter((word) => word !== '' && word.length <= maxWordLength)
    .slice(0, maxWords);
}

/** What the scopes tell (ONVIF Core §7.3.2.2). Makers write name, hardware and MAC there, before any login. */
export interface ScopeFacts {
  readonly name: string;
  readonly hardware: string;
  readonly mac: string;
}

/** Reads the scopes that mean something here; a value is cut to 100 characters. */
export function readScopes(scopes: readonly string[]): ScopeFacts {
  const value = (key: string): string => {
    const pattern = new RegExp(`^onvif://www\\.onvif\\.org/${key}/(.+)$`, 'i');
    for (const scope of scopes) {
      const found = pattern.exec(scope)?.[1];
      if (found !== undefined) return decode(found).slice(0, 100);
    }
    return '';
  };
  return { name: value('name'), hardware: value('hardware'), mac: readMac(value('mac')) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** `00:09:18:4a:5b:6c` of any usual spelling; empty for what is none, all zeros and all ones. */
export function readMac(text: string): string {
  const digits = text.trim().toLowerCase().replaceAll(/[:.-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits) || /^(0{12}|f{12})$/.test(digits)) return '';
  return digits.match(/../g)?.join(':') ?? '';
}
