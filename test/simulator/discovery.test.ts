// WS-Discovery of the virtual cameras: probes by multicast and unicast, nonsense, and what is said of addresses.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedSite } from '#simulator';
import { env } from './world.ts';

let site: SimulatedSite;
beforeAll(async () => {
  site = await openSimulatedSite({ cameras: 5, discoveryPort: 0 }, env);
});
afterAll(async () => await site[Symbol.asyncDispose]());

describe('discovery', () => {
  const probe = (types: string, scopes = ''): string =>
    `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:1</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes></d:Probe></e:Body></e:Envelope>`;

  async function ask(host: string, messages: readonly (string | Buffer)[], waitMs: number): Promise<string[]> {
    const socket = createSocket('udp4');
    const answers: string[] = [];
    socket.on('message', (datagram) => answers.push(datagram.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    for (const message of messages) socket.send(message, site.discoveryPort, host);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    socket.close();
    return answers;
  }
  const addresses = (answers: readonly string[]): string[] =>
    answers.map((text) => /<d:XAddrs>http:\/\/([^/]+)/.exec(text)?.[1] ?? '').toSorted((left, right) => left.localeCompare(right));
  const all = (): string[] => site.cameras.map((one) => one.address).toSorted((left, right) => left.localeCompare(right));

  it('answers a multicast probe for every camera', async () => {
    const answers = await ask('239.255.255.250', [probe('dn:NetworkVideoTransmitter')], 900);
    expect(addresses(answers)).toEqual(all());
    expect(answers.every((text) => text.includes('<a:RelatesTo>uuid:1<'))).toBe(true);
  });
  it('answers a unicast probe', async () => expect(addresses(await ask('127.0.0.1', [probe('')], 300))).toEqual(all()));
  it('is still there after nonsense', async () => {
    const nonsense = ['', '<', 'x'.repeat(9000), randomBytes(500), probe('d:Printer'), probe('', 'onvif://www.onvif.org/type/audio')];
    expect(await ask('127.0.0.1', nonsense, 200)).toEqual([]);
    expect(addresses(await ask('127.0.0.1', [probe('', 'onvif://www.onvif.org/Profile')], 300))).toEqual(all());
  });
});
