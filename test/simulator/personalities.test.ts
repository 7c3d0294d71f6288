// The personalities of the virtual cameras: each is a proper device to the onvif package, and differs on the wire as its vendor does.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { personalityNames } from '../../src/simulator/cameras/index.ts';
import { formOf } from '../../src/simulator/cameras/notices.ts';
import { personalities } from '../../src/simulator/cameras/personality/index.ts';
import { parseXml } from '../../src/simulator/cameras/xml.ts';
import { ask, call, connectClient, envelope, post, pull, subscribe } from './asking.ts';
import { env } from './world.ts';

let site: SimulatedSite;
const camera = (id: string): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};

beforeAll(async () => {
  const cameras = personalityNames.map((personality) => ({ id: personality, personality }));
  const hasty = { id: 'hasty', personality: 'tapo', quirks: { closePullMs: 400 } } as const;
  site = await openSimulatedSite({ cameras: [...cameras, { id: 'new', personality: 'hanwha', factory: true }, hasty] }, env);
});
afterAll(async () => await site[Symbol.asyncDispose]());

// Bosch tells its time to those alone who have logged in, and addresses of another network: the package gives up there.
it.each(personalityNames.filter((name) => name !== 'bosch'))('%s is a proper device to the onvif package', async (name) => {
  const personality = personalities[name];
  const client = await connectClient(camera(name));
  const shown = personality.profiles.filter((profile) => profile.encoding !== 'codec' || personality.codec === 'h264');
  expect(client.profiles.length).toBeGreaterThanOrEqual(shown.length);
  expect(await call(client, 'getDeviceInformation')).toMatchObject({ manufacturer: personality.maker, model: personality.model });
});

describe.each(personalityNames)('%s', (name) => {
  const personality = personalities[name];

  it('says who it is', async () => {
    const { status, text } = await ask(camera(name), '<tds:GetDeviceInformation/>');
    expect(status).toBe(200);
    expect(text).toContain(`<tds:Manufacturer>${personality.maker}<`);
    expect(text).toContain(`<tds:FirmwareVersion>${personality.firmware}<`);
    expect((await ask(camera(name), '<tds:GetNetworkInterfaces/>')).text).toContain(`<tt:HwAddress>${personality.oui}:`);
  });

  it('lists its topics in XML, and reports each under the name that it listed', async () => {
    const one = camera(name);
    const listed = await ask(one, '<tev:GetEventProperties/>', { path: '/onvif/event_service' });
    expect(parseXml(listed.text)).toBeDefined();
    const point = await subscribe(one);
    for (const topic of personality.has) one.trigger({ topic, active: true });
    const { text } = await pull(one, point, 1);
    expect(parseXml(text)).toBeDefined();
    for (const topic of personality.has) {
      const last = (formOf(personality, topic).path.replace(/\/\.$/, '').split('/').at(-1) ?? '').replace(/^.*:/, '').replace('{n}', '1');
      expect(text).toContain(last);
      expect(listed.text).toContain(last.replaceAll(' ', '_'));
    }
    expect(one.counts.events).toBe(personality.has.length);
    await ask(one, '<wsnt:Unsubscribe/>', point);
    expect(one.pullPoints).toBe(0);
  });
});

describe('quirks', () => {
  const reported = async (id: string, topic: Parameters<SimulatedCamera['trigger']>[0]['topic'], times = 1): Promise<string> => {
    const one = camera(id);
    const point = await subscribe(one);
    for (let at = 0; at < times; at += 1) one.trigger({ topic, active: at % 2 === 0 });
    const { text } = await pull(one, point, 1);
    await ask(one, '<wsnt:Unsubscribe/>', point);
    return text;
  };

  it('Hanwha: prefixes everywhere, 0 and 1, several messages under one topic', async () => {
    const text = await reported('hanwha', 'motion', 3);
    expect(text.match(/<wsnt:NotificationMessage /g)).toHaveLength(1);
    expect(text).toContain('xmlns:tnssamsung="http://www.samsungcctv.com/2011/event/topics"');
    expect(text).toContain('>tns1:VideoAnalytics/tnssamsung:MotionDetection<');
    expect(text.match(/Name="State" Value="[01]"/g)).toEqual([
      'Name="State" Value="1"',
      'Name="State" Value="0"',
      'Name="State" Value="1"',
    ]);
    expect(await reported('hanwha', 'digital-input')).toContain('>tns1:Device/tns1:Trigger/tnssamsung:DigitalInput<');
  });

  it('Hanwha: no ONVIF before a password is set', async () => {
    const one = camera('new');
    expect((await post(one, envelope('<tds:GetSystemDateAndTime/>'))).status).toBe(403);
    one.setPassword('a-new-password');
    expect((await post(one, envelope('<tds:GetSystemDateAndTime/>'))).status).toBe(200);
    expect((await ask(one, '<tds:GetDeviceInformation/>')).status).toBe(200);
    one.reset();
    expect((await ask(one, '<tds:GetDeviceInformation/>')).status).toBe(403);
    one.setPassword('another-password');
  });

  it('Hanwha: the fifth failed login locks it, also for the right one', async () => {
    const one = camera('new');
    const before = one.counts.failedLogins;
    for (let at = 1; at <= 5; at += 1) expect((await ask(one, '<tds:GetUsers/>', { password: 'wrong' })).status).toBe(401);
    expect(one.counts.failedLogins - before).toBe(5);
    expect((await ask(one, '<tds:GetUsers/>')).status).toBe(490);
    expect(one).toMatchObject({ locked: true, counts: { lockOuts: 1, whileLocked: 1 } });
    one.setPassword('a-third-password');
    expect((await ask(one, '<tds:GetUsers/>')).status).toBe(200);
  });

  it('Hikvision: times of no day', async () => {
    expect(await reported('hikvision', 'digital-input')).toMatch(/tnshik:AlarmIn<.*UtcTime="0000-00-00T00:00:00Z"/);
  });

  it('Dahua: Basic first, absolute times only', async () => {
    const one = camera('dahua');
    const { headers } = await post(one, envelope('<tds:GetUsers/>'));
    expect(headers.get('www-authenticate')).toMatch(/^Basic realm="dahua", Digest /);
    const basic = `Basic ${Buffer.from('admin:bongsu-sim-1').toString('base64')}`;
    expect((await post(one, envelope('<tds:GetUsers/>'), { authorization: basic })).status).toBe(200);
    expect(one.counts.basicLogins).toBe(1);
    const relative =
      '<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>';
    expect((await ask(one, relative)).text).toContain('UnacceptableInitialTerminationTimeFault');
  });

  it('Axis: one address for all subscriptions, told apart by what must be echoed', async () => {
    const one = camera('axis');
    const [first, second] = [await subscribe(one), await subscribe(one)];
    expect(first.path).toBe(second.path);
    expect(first.header).toMatch(/SubscriptionId.*>\d+</);
    await ask(one, '<wsnt:Unsubscribe/>', first);
    expect((await pull(one, { ...second, header: '' }, 0)).text).toContain('ResourceUnknownFault');
    expect((await pull(one, first, 0)).text).toContain('ResourceUnknownFault');
    expect((await pull(one, second, 0)).status).toBe(200);
    await ask(one, '<wsnt:Unsubscribe/>', second);
  });

  it('Bosch: addresses of another network, no GetServices, the time for those alone who log in', async () => {
    const one = camera('bosch');
    expect((await post(one, envelope('<tds:GetSystemDateAndTime/>'))).status).toBe(401);
    expect((await ask(one, '<tds:GetServices/>')).text).toContain('ter:ActionNotSupported');
    expect((await ask(one, '<tds:GetCapabilities/>')).text).toContain('http://192.168.1.108:');
    expect(await reported('bosch', 'intrusion')).toContain('>tns1:IVA/EnteringField/Detect any object in yard<');
  });

  it('Avigilon: active and inactive, a dot at the end, connections that end, one endpoint for all', async () => {
    expect(await reported('avigilon', 'motion')).toMatch(/MotionAlarm\/\.<.*UtcTime="[\d:T.-]+".*Value="active"/);
    expect((await ask(camera('avigilon'), '<tds:GetUsers/>')).headers.get('connection')).toBe('close');
    expect(camera('avigilon').identity.endpoint).toBe(personalities.avigilon.quirks.sharedEndpoint);
  });

  it('Tapo: no synchronisation, no GetServices', async () => {
    const one = camera('tapo');
    const point = await subscribe(one);
    expect((await ask(one, '<tev:SetSynchronizationPoint/>', point)).text).toContain('ter:ActionNotSupported');
    await ask(one, '<wsnt:Unsubscribe/>', point);
  });

  it('Tapo: a pull that brings nothing ends with its connection, the subscription lives', async () => {
    expect(personalities.tapo.quirks.closePullMs).toBe(10_000);
    const one = camera('hasty');
    const point = await subscribe(one);
    const startedMs = Date.now();
    // A pull that something comes for is answered.
    const isAnswered = () =>
      pull(one, point, 15).then(
        () => true,
        () => false,
      );
    let answered = 0;
    while (answered < 5 && (await isAnswered())) answered += 1;
    expect(answered).toBeLessThan(5);
    expect(Date.now() - startedMs).toBeLessThan(14_000);
    one.trigger({ topic: 'people', active: true });
    expect((await pull(one, point, 5)).text).toContain('PeopleDetector/People');
    await ask(one, '<wsnt:Unsubscribe/>', point);
  });

  it('Reolink: Renew faults though the subscription lives, and ten faults shut the door', async () => {
    const one = camera('reolink');
    const point = await subscribe(one, 'PT1S');
    const renew = '<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>';
    expect((await ask(one, renew, point)).status).toBe(500);
    for (let at = 0; at < 3; at += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect((await pull(one, point, 0)).status).toBe(200);
    }
    for (let at = 0; at < 9; at += 1) await ask(one, '<tds:GetNothing/>');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await expect(ask(one, '<tds:GetDeviceInformation/>')).rejects.toThrow();
  });

  it('the recorder: 32 channels with two profiles each, first values for all of them', async () => {
    const one = camera('nvr');
    const { text } = await ask(one, '<trt:GetProfiles/>', { path: '/onvif/media_service' });
    expect(text.match(/<trt:Profiles /g)).toHaveLength(64);
    expect(new Set(text.match(/<tt:SourceToken>[^<]+/g)).size).toBe(32);
    const point = await subscribe(one);
    one.trigger({ topic: 'video-loss', active: true, channel: 17 });
    expect((await pull(one, point, 1)).text).toMatch(/Name="Source" Value="VideoSource_17".*Name="State" Value="true"/);
    await ask(one, '<tev:SetSynchronizationPoint/>', point);
    let initial = '';
    for (let at = 0; at < 2; at += 1) initial += (await pull(one, point, 0)).text;
    expect(initial.match(/"Initialized"/g)).toHaveLength(32 * 4 + 1);
    expect(initial.match(/VideoSource_(\d+)"[^/]*\/><\/tt:Source><tt:Data><tt:SimpleItem Name="State" Value="true"/g)).toHaveLength(2);
    await ask(one, '<wsnt:Unsubscribe/>', point);
  });
});

describe('relays, imaging and the clock', () => {
  it('a relay is set, and reported', async () => {
    const one = camera('plain');
    const point = await subscribe(one);
    const set = (state: string): string =>
      `<tds:SetRelayOutputState><tds:RelayOutputToken>relay-1</tds:RelayOutputToken><tds:LogicalState>${state}</tds:LogicalState></tds:SetRelayOutputState>`;
    expect((await ask(one, set('active'))).status).toBe(200);
    expect(one.relays).toEqual([true]);
    expect((await pull(one, point, 1)).text).toMatch(/Device\/Trigger\/Relay<.*Name="LogicalState" Value="active"/);
    expect((await ask(one, set('perhaps'))).status).toBe(400);
    await ask(one, '<wsnt:Unsubscribe/>', point);
  });

  it('the brightness is set within its range', async () => {
    const set = (value: number): string =>
      `<timg:SetImagingSettings><timg:VideoSourceToken>source-1</timg:VideoSourceToken><timg:ImagingSettings><tt:Brightness>${value}</tt:Brightness></timg:ImagingSettings></timg:SetImagingSettings>`;
    const get = '<timg:GetImagingSettings><timg:VideoSourceToken>source-1</timg:VideoSourceToken></timg:GetImagingSettings>';
    expect((await ask(camera('plain'), set(70))).status).toBe(200);
    expect((await ask(camera('plain'), set(700))).status).toBe(400);
    expect((await ask(camera('plain'), get)).text).toContain('<tt:Brightness>70<');
  });

  it('the clock is set', async () => {
    const one = camera('plain');
    const date = '<tt:Date><tt:Year>2030</tt:Year><tt:Month>1</tt:Month><tt:Day>2</tt:Day></tt:Date>';
    const time = '<tt:Time><tt:Hour>3</tt:Hour><tt:Minute>4</tt:Minute><tt:Second>5</tt:Second></tt:Time>';
    await ask(
      one,
      `<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:UTCDateTime>${time}${date}</tds:UTCDateTime></tds:SetSystemDateAndTime>`,
    );
    const far = Math.abs(Date.now() + one.clockOffsetMs - Date.UTC(2030, 0, 2, 3, 4, 5));
    expect(far).toBeLessThan(2000);
    one.setClock(0);
  });
});
