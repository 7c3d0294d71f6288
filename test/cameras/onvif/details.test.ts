// What a camera says when it is asked at length, over real HTTP, and what is read from single replies.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askDetails, identifyCamera } from '../../../src/cameras/onvif/index.ts';
import { listensForSound, plainMac, readMac, readProtocols } from '../../../src/cameras/onvif/replies.ts';
import { openLoginGate, openSession } from '../../../src/cameras/soap/index.ts';
import { readXml } from '../../../src/cameras/xml/index.ts';
import { openTestCertificates } from '../../peers/certificates.ts';
import { openFakeCamera, type Script } from '../fake-camera.ts';
import { env, testOptions } from '../fake-deps.ts';

const signal = new AbortController().signal;
const login = { user: 'gate', password: 'p<&>w' };
const options = testOptions();
const gate = openLoginGate(options, env.clock);

/** As supervise does it: who is it, then the rest over the same kind of session. */
async function ask(changes: Partial<Script>) {
  await using camera = await openFakeCamera(changes);
  using session = openSession(options, { base: new URL(`http://${camera.address}/onvif/device_service`), login, gate }, env);
  const known = await identifyCamera(session, signal);
  if (known.result === 'failed') throw new Error(known.failure.detail.en);
  const asked = await askDetails(session, known.profile, env, signal);
  return { profile: known.profile, details: asked.result === 'ok' ? asked.details : undefined, asked, calls: camera.calls };
}

const answers = {
  GetNetworkInterfaces:
    '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="wifi"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>00:00:5E:00:53:01</tt:HwAddress></tt:Info></tds:NetworkInterfaces>' +
    '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:HwAddress>00-09-18-A1-B2-C3</tt:HwAddress></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>127.0.0.1</tt:Address></tt:Manual></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>',
  GetRelayOutputs:
    '<tmd:GetRelayOutputsResponse xmlns:tmd="http://www.onvif.org/ver10/deviceIO/wsdl"><tmd:RelayOutputs token="r1"><tt:Properties><tt:Mode>Bistable</tt:Mode><tt:IdleState>open</tt:IdleState></tt:Properties></tmd:RelayOutputs></tmd:GetRelayOutputsResponse>',
  GetDigitalInputs:
    '<tmd:GetDigitalInputsResponse xmlns:tmd="http://www.onvif.org/ver10/deviceIO/wsdl"><tmd:DigitalInputs token="i1" IdleState="closed"/><tmd:DigitalInputs token="i2"/></tmd:GetDigitalInputsResponse>',
  GetNodes:
    '<tptz:GetNodesResponse xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"><tptz:PTZNode token="n1"><tt:Name>Head</tt:Name><tt:SupportedPTZSpaces><tt:ContinuousPanTiltVelocitySpace/><tt:AbsoluteZoomPositionSpace/></tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>255</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported></tptz:PTZNode></tptz:GetNodesResponse>',
  GetPresets:
    '<tptz:GetPresetsResponse xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"><tptz:Preset token="1"><tt:Name>정문</tt:Name></tptz:Preset><tptz:Preset token="2"/></tptz:GetPresetsResponse>',
  GetAnalyticsModules:
    '<tan:GetAnalyticsModulesResponse xmlns:tan="http://www.onvif.org/ver20/analytics/wsdl"><tan:AnalyticsModule Name="m" Type="tt:CellMotionEngine"/></tan:GetAnalyticsModulesResponse>',
  GetRules:
    '<tan:GetRulesResponse xmlns:tan="http://www.onvif.org/ver20/analytics/wsdl"><tan:Rule Name="r" Type="tt:AudioDetector"/></tan:GetRulesResponse>',
};
const full: Partial<Script> = {
  services: ['ver20/ptz', 'ver10/deviceIO', 'ver20/analytics'],
  answers,
  inProfiles: {
    media1: '',
    media2: '<tr2:AudioEncoder token="aac"/><tr2:Analytics token="va"/><tr2:PTZ token="pc"><tt:NodeToken>n1</tt:NodeToken></tr2:PTZ>',
  },
};

describe('details', () => {
  it.each(['digest-md5', 'username-token'] as const)(
    'knows network, head, presets, relays, inputs and ears (%s)',
    async (authentication) => {
      const { profile, details } = await ask({ ...full, authentication });
      expect(profile).toMatchObject({
        media: 'media2',
        microphone: true,
        identity: { hardware: '1.0' },
        services: expect.arrayContaining([{ namespace: 'http://www.onvif.org/ver20/ptz/wsdl', version: '2.60' }]),
      });
      expect(profile.channels[0]?.ptz).toEqual({ profile: '1.50', configuration: 'pc', node: 'n1' });
      expect(details).toMatchObject({
        mac: '00:09:18:a1:b2:c3',
        nodes: [
          {
            token: 'n1',
            name: 'Head',
            home: true,
            maxPresets: 255,
            spaces: ['ContinuousPanTiltVelocitySpace', 'AbsoluteZoomPositionSpace'],
          },
        ],
        relays: [{ token: 'r1', mode: 'Bistable', idle: 'open' }],
        inputs: [
          { token: 'i1', idle: 'closed' },
          { token: 'i2', idle: '' },
        ],
        soundDetection: true,
        https: undefined,
        rtsps: undefined,
      });
      expect([...(details?.presets ?? [])]).toEqual([
        [
          1,
          [
            { token: '1', name: '정문' },
            { token: '2', name: '2' },
          ],
        ],
      ]);
    },
  );

  it('takes a camera as it is that answers none of it', async () => {
    const { details } = await ask({ media2: false });
    expect(details).toMatchObject({ mac: undefined, nodes: [], relays: [], inputs: [], soundDetection: false, https: undefined });
  });

  it('asks an old camera too, by GetCapabilities', async () => {
    const { profile, details } = await ask({ oldServices: true, answers });
    expect(profile.services).toEqual([]);
    expect(details).toMatchObject({ mac: '00:09:18:a1:b2:c3', relays: [{ token: 'r1' }], inputs: [] });
  });

  it('goes on where one question is not allowed', async () => {
    const { details } = await ask({
      ...full,
      intercept: (call, response) => call === 'GetNetworkInterfaces' && Boolean(response.writeHead(403).end()),
    });
    expect(details).toMatchObject({ mac: undefined, soundDetection: true });
  });

  it('fails when the camera goes away in the middle', async () => {
    const { asked } = await ask({ ...full, intercept: (call, response) => call === 'GetNodes' && Boolean(response.destroy()) });
    expect(asked).toMatchObject({ result: 'failed', failure: { kind: 'closed' } });
  });

  it('shakes hands with HTTPS where the camera says that it is on', async () => {
    await using certificates = await openTestCertificates();
    const server = createServer({ cert: readFileSync(certificates.server.cert), key: readFileSync(certificates.server.key) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const protocols = `<tds:GetNetworkProtocolsResponse><tds:NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>${port}</tt:Port></tds:NetworkProtocols></tds:GetNetworkProtocolsResponse>`;
    const { details } = await ask({ answers: { GetNetworkProtocols: protocols } });
    expect(details?.https).toEqual({ port, certificateUntil: expect.any(Number) });
    server.close();
    expect((await ask({ answers: { GetNetworkProtocols: protocols } })).details?.https).toBeUndefined();
  });
});

describe('replies', () => {
  const body = (xml: string) => {
    const document = readXml(`<Body>${xml}</Body>`);
    return document.ok ? document.root : undefined;
  };
  it.each([
    ['00:09:18:A1:B2:C3', '00:09:18:a1:b2:c3'],
    ['00-09-18-a1-b2-c3', '00:09:18:a1:b2:c3'],
    ['000918A1B2C3', '00:09:18:a1:b2:c3'],
    ['0009.18a1.b2c3', '00:09:18:a1:b2:c3'],
    ['00:00:00:00:00:00', undefined],
    ['ff:ff:ff:ff:ff:ff', undefined],
    ['unknown', undefined],
    ['', undefined],
  ])('MAC %s', (text, mac) => {
    expect(plainMac(text)).toBe(mac);
  });

  it('reads any text as a MAC or none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(plainMac(text) ?? '00:00:00:00:00:00').toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      }),
    );
  });

  it('takes the first interface that is on where none tells the address', () => {
    const one = (mac: string, on: string) =>
      `<NetworkInterfaces token="x"><Enabled>${on}</Enabled><Info><HwAddress>${mac}</HwAddress></Info></NetworkInterfaces>`;
    const xml = `<GetNetworkInterfacesResponse>${one('00:00:5e:00:53:01', 'false')}${one('00:00:5e:00:53:02', 'true')}</GetNetworkInterfacesResponse>`;
    expect(readMac(body(xml), '10.0.0.5')).toBe('00:00:5e:00:53:02');
    expect(readMac(undefined, '10.0.0.5')).toBeUndefined();
  });

  it('knows protocols that are on, with ports that can be', () => {
    const one = (name: string, on: string, port: string) =>
      `<NetworkProtocols><Name>${name}</Name><Enabled>${on}</Enabled><Port>${port}</Port></NetworkProtocols>`;
    const xml = `<GetNetworkProtocolsResponse>${one('http', 'true', '80')}${one('HTTPS', 'false', '443')}${one('RTSP', 'true', '99999')}</GetNetworkProtocolsResponse>`;
    expect([...readProtocols(body(xml))]).toEqual([['HTTP', 80]]);
  });

  it.each([
    ['tt:AudioDetector', true],
    ['tnshik:SoundDetection', true],
    ['tt:CellMotionDetector', false],
  ])('%s listens: %s', (type, listens) => {
    expect(listensForSound(body(`<GetRulesResponse><Rule Name="Audio?" Type="${type}"/></GetRulesResponse>`))).toBe(listens);
  });
});
