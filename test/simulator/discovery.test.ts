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

function probeOf(types: string, scopes = ''): string {
  return `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:1</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>${types}</d:Types><d:Scopes>${scopes}</d:Scopes></d:Probe></e:Body></e:Envelope>`;
}

describe('discovery', () => {
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
    const answers = await ask('239.255.255.250', [probeOf('dn:NetworkVideoTransmitter')], 900);
    expect(addresses(answers)).toEqual(all());
    expect(answers.every((text) => text.includes('<a:RelatesTo>uuid:1<'))).toBe(true);
  });
  it('answers a unicast probe', async () => expect(addresses(await ask('127.0.0.1', [probeOf('')], 300))).toEqual(all()));
  it('is still there after nonsense', async () => {
    const nonsense = ['', '<', 'x'.repeat(9000), randomBytes(500), probeOf('d:Printer'), probeOf('', 'onvif://www.onvif.org/type/audio')];
    expect(await ask('127.0.0.1', nonsense, 200)).toEqual([]);
    expect(addresses(await ask('127.0.0.1', [probeOf('', 'onvif://www.onvif.org/Profile')], 300))).toEqual(all());
  });
});

describe('what cameras say of themselves', () => {
  /** Everything that is multicast to the group while `during` runs, and a little longer. */
  async function overheard(port: number, during: () => unknown): Promise<string[]> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const heard: string[] = [];
    socket.on('message', (datagram) => heard.push(datagram.toString()));
    await new Promise<void>((resolve) => socket.bind(port, '239.255.255.250', resolve));
    socket.addMembership('239.255.255.250', '127.0.0.1');
    await during();
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.close();
    return heard;
  }
  const matching = (heard: readonly string[], ...words: readonly string[]): number =>
    heard.filter((text) => words.every((word) => text.includes(word))).length;

  it('Hello after a reboot and at a new address, Bye before it leaves the old one', async () => {
    await using small = await openSimulatedSite({ cameras: 2, discoveryPort: 0 }, env);
    const [one, other] = small.cameras;
    if (!one || !other || small.discoveryPort === undefined) throw new Error('no cameras');
    const heard = await overheard(small.discoveryPort, async () => {
      one.reboot(50);
      await other.move('127.9.8.6');
    });
    expect(matching(heard, '<d:Hello>', one.identity.endpoint)).toBe(1);
    expect(matching(heard, '<d:Bye>', other.identity.endpoint, 'http://127.0.0.1:')).toBe(1);
    expect(matching(heard, '<d:Hello>', other.identity.endpoint, `http://127.9.8.6:${other.port}/`)).toBe(1);
  });

  it('a camera without current answers nobody, and says Hello when it is back', async () => {
    await using small = await openSimulatedSite({ cameras: 1, discoveryPort: 0 }, env);
    const [one] = small.cameras;
    if (!one || small.discoveryPort === undefined) throw new Error('no camera');
    one.power(false);
    const heard = await overheard(small.discoveryPort, () => one.power(true));
    expect(matching(heard, '<d:Hello>', one.identity.endpoint)).toBe(1);
  });

  it('Bye when the site ends', async () => {
    const small = await openSimulatedSite({ cameras: 1, discoveryPort: 0 }, env);
    if (small.discoveryPort === undefined) throw new Error('no discovery');
    expect(matching(await overheard(small.discoveryPort, () => small[Symbol.asyncDispose]()), '<d:Bye>')).toBe(1);
  });

  it('the addresses that its kind tells: one that is right, one of another network, or several', async () => {
    const natures = (['plain', 'bosch', 'hikvision', 'avigilon'] as const).map((personality, at) => ({
      personality,
      host: `127.9.9.${at + 1}`,
    }));
    await using small = await openSimulatedSite(
      { cameras: [...natures, { personality: 'avigilon', host: '127.9.9.9' }], discoveryPort: 0 },
      env,
    );
    const port = small.discoveryPort ?? 0;
    const said = async (host: string): Promise<string> => {
      const socket = createSocket('udp4');
      const answer = new Promise<string>((resolve) => {
        socket.once('message', (datagram, from) => resolve(`${from.address} ${datagram.toString()}`));
      });
      socket.send(probeOf(''), port, host);
      return await answer.finally(() => socket.close());
    };
    expect(await said('127.9.9.1')).toMatch(/^127\.9\.9\.1 .*<d:XAddrs>http:\/\/127\.9\.9\.1:\d+\/onvif\/device_service<\/d:XAddrs>/);
    expect(await said('127.9.9.2')).toMatch(/<d:XAddrs>http:\/\/192\.168\.1\.108:\d+\/onvif\/device_service<\/d:XAddrs>/);
    expect(await said('127.9.9.3')).toMatch(/<d:XAddrs>http:\/\/\[fe80::.*http:\/\/169\.254.*http:\/\/127\.9\.9\.3:/);
    const endpoint = /<a:Address>urn:[^<]+/;
    const [first, second] = [await said('127.9.9.4'), await said('127.9.9.9')].map((text) => endpoint.exec(text)?.[0]);
    expect(first).toBe(second);
  });
});
