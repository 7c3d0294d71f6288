// The WS-Discovery codec: what we write is what cameras expect, what they say is read whatever its shape, and nothing breaks the reader.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxDatagramBytes, readMac, readMessage, readScopes, writeProbe, writeResolve } from '../../../src/cameras/discovery/messages.ts';
import { sightingOf, writeAddress } from '../../../src/cameras/discovery/sighting.ts';
import { parseIpv4 } from '../../../src/cameras/ranges.ts';
import { readXml, textAt } from '../../../src/cameras/xml/index.ts';

const id = '0192d0a4-7b1c-7000-8000-000000000001';

function answer(body: string, prefix = 'd'): Buffer {
  const space = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:${prefix}="${space}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<SOAP-ENV:Header><wsa:RelatesTo>uuid:${id.toUpperCase()}</wsa:RelatesTo></SOAP-ENV:Header><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`,
  );
}
const match = (inner: string): string => `<d:ProbeMatches><d:ProbeMatch>${inner}</d:ProbeMatch></d:ProbeMatches>`;
const net = { first: parseIpv4('10.0.0.0') ?? 0, last: parseIpv4('10.0.0.255') ?? 0 };
const told =
  '<wsa:EndpointReference><wsa:Address>urn:uuid:E1A0-CAM.7</wsa:Address></wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>' +
  '<d:Scopes> onvif://www.onvif.org/name/XNO-6080R onvif://www.onvif.org/hardware/XNO%2D6080R onvif://www.onvif.org/MAC/00:09:18:4A:5B:6C </d:Scopes>' +
  '<d:XAddrs>http://169.254.7.7/onvif/device_service http://10.0.0.5:8080/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>';

describe('probes', () => {
  it.each([
    ['transmitter', 'dn:NetworkVideoTransmitter'],
    ['device', 'tds:Device'],
    ['any', ''],
  ] as const)('asks for %s', (type, expected) => {
    const read = readXml(writeProbe(type, id).toString());
    if (!read.ok) throw new Error(read.problem);
    expect(textAt(read.root, 'Body', 'Probe', 'Types')).toBe(expected);
    expect(textAt(read.root, 'Header', 'MessageID')).toBe(`urn:uuid:${id}`);
    expect(textAt(read.root, 'Header', 'Action')).toBe('http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe');
  });

  it('asks where an endpoint is', () => {
    const read = readXml(writeResolve('urn:uuid:x&y', id).toString());
    if (!read.ok) throw new Error(read.problem);
    expect(textAt(read.root, 'Body', 'Resolve', 'EndpointReference', 'Address')).toBe('urn:uuid:x&y');
  });
});

describe('what cameras say', () => {
  it('reads a match', () => {
    const message = readMessage(answer(match(told)));
    expect(message).toMatchObject({ kind: 'ProbeMatches', relatesTo: `uuid:${id}` });
    const [said] = message?.announcements ?? [];
    expect(said).toMatchObject({ endpoint: 'urn:uuid:e1a0-cam.7', types: ['NetworkVideoTransmitter', 'Device'] });
    expect(readScopes(said?.scopes ?? [])).toEqual({ name: 'XNO-6080R', hardware: 'XNO-6080R', mac: '00:09:18:4a:5b:6c' });
    if (!said) throw new Error('nothing was read');
    expect(writeAddress(sightingOf(said, '10.0.0.5', 'unicast').url)).toBe('10.0.0.5:8080');
  });

  it.each([
    ['Hello', '<d:Hello>X</d:Hello>'],
    ['Bye', '<d:Bye>X</d:Bye>'],
    ['ResolveMatches', '<d:ResolveMatches><d:ResolveMatch>X</d:ResolveMatch></d:ResolveMatches>'],
  ])('reads %s', (kind, body) => {
    const message = readMessage(answer(body.replace('X', told)));
    expect(message?.kind).toBe(kind);
    expect(message?.announcements.map((one) => one.endpoint)).toEqual(['urn:uuid:e1a0-cam.7']);
  });

  it('reads a match of an undeclared prefix, as cameras write them', () => {
    expect(readMessage(answer(match(told).replaceAll('d:', 'wsdd:'), 'other'))?.announcements).toHaveLength(1);
  });

  it.each([
    ['a said address of another host', 'http://8.8.8.8/onvif/device_service', '10.0.0.5'],
    ['no address', '', '10.0.0.5'],
    ['a login in the address', 'http://admin:secret@10.0.0.5/onvif/device_service', '10.0.0.5'],
    ['a path of its own', 'http://10.0.0.5/onvif/services', 'http://10.0.0.5/onvif/services'],
    ['an IPv6 address first', 'http://[fe80::1]/onvif/device_service http://10.0.0.5/onvif/device_service', '10.0.0.5'],
    ['a translated address', 'http://192.168.1.64:81/onvif/device_service', '10.0.0.5:81'],
    ['its other address on the same network', 'http://10.0.0.77:81/onvif/device_service', '10.0.0.77:81'],
    ['a door of our own', 'http://10.0.0.1:9090/onvif/device_service', '10.0.0.5:9090'],
  ])('asks the sender itself: %s', (_, addresses, expected) => {
    const said = { endpoint: '', types: [], scopes: [], addresses: addresses.split(' ').filter(Boolean) };
    expect(writeAddress(sightingOf(said, '10.0.0.5', 'multicast', { nets: [net], own: ['10.0.0.1'] }).url)).toBe(expected);
  });

  it.each([
    ['a probe', writeProbe('any', id)],
    ['more than it reads', Buffer.concat([answer(match(told)), Buffer.alloc(maxDatagramBytes, 32)])],
    ['a document type', Buffer.from('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')],
    ['an entity bomb', Buffer.from(`<x>${'&lol;'.repeat(1000)}</x>`)],
    ['depth', Buffer.from('<a>'.repeat(4000))],
    ['nothing', Buffer.alloc(0)],
  ])('passes over %s', (_, datagram) => {
    expect(readMessage(datagram)).toBeUndefined();
  });

  it('keeps at most 32 matches and 64 words of each', () => {
    const many = `<d:ProbeMatches>${'<d:ProbeMatch/>'.repeat(200)}</d:ProbeMatches>`;
    expect(readMessage(answer(many))?.announcements).toHaveLength(32);
    const words = match(`<d:XAddrs>${'http://a/ '.repeat(300)}</d:XAddrs>`);
    expect(readMessage(answer(words))?.announcements[0]?.addresses).toHaveLength(64);
  });

  it('never throws, whatever the bytes', () => {
    const start = answer(match(told));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(start.length), (bytes, at) => {
        readMessage(bytes);
        readMessage(Buffer.concat([start.subarray(0, at), bytes, start.subarray(at)]));
      }),
    );
  });

  it('reads back what it would be told, whatever the words', () => {
    const word = fc.stringMatching(/^[a-z0-9:/._-]{1,40}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.uuid(), (scopes, endpoint) => {
        const body = match(
          `<wsa:EndpointReference><wsa:Address>urn:uuid:${endpoint}</wsa:Address></wsa:EndpointReference><d:Scopes>${scopes.join('\n')}</d:Scopes>`,
        );
        expect(readMessage(answer(body))?.announcements).toEqual([{ endpoint: `urn:uuid:${endpoint}`, types: [], scopes, addresses: [] }]);
      }),
    );
  });

  it.each([
    ['00-09-18-4A-5B-6C', '00:09:18:4a:5b:6c'],
    ['0009184a5b6c', '00:09:18:4a:5b:6c'],
    ['00:00:00:00:00:00', ''],
    ['no mac', ''],
  ])('reads the MAC %s', (text, expected) => expect(readMac(text)).toBe(expected));
});
