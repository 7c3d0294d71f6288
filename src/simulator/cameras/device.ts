// The device service: who the camera is, what it can do and what time it has (ONVIF Core §8).
import { baseUrl, type CameraCore, type Operation, streamUrl, toldUrl } from './core.ts';
import { SoapFault } from './soap.ts';
import { escapeXml, find, textAt } from './xml.ts';

/** Where each service answers. */
function services(camera: CameraCore): readonly { namespace: string; url: string; version: string }[] {
  const base = `${toldUrl(camera, baseUrl(camera))}/onvif`;
  const { quirks, imaging, inputs } = camera.personality;
  const version = '21.12';
  const list = [
    ['ver10/device/wsdl', 'device_service', true],
    ['ver10/media/wsdl', 'media_service', quirks.media1],
    ['ver10/events/wsdl', 'event_service', true],
    ['ver20/media/wsdl', 'media2_service', camera.media2],
    ['ver20/ptz/wsdl', 'ptz_service', camera.ptz !== undefined],
    ['ver20/imaging/wsdl', 'imaging_service', imaging],
    ['ver10/deviceIO/wsdl', 'deviceio_service', camera.relays.length + inputs > 0],
  ] as const;
  return list.flatMap(([name, path, there]) =>
    there ? [{ namespace: `http://www.onvif.org/${name}`, url: `${base}/${path}`, version }] : [],
  );
}

/** Scopes of the camera; discovery says the same (ONVIF Core §7.3.2.2). */
export function scopesOf(camera: CameraCore): readonly string[] {
  const root = 'onvif://www.onvif.org';
  const names = [`name/${encodeURIComponent(camera.name)}`, `hardware/${encodeURIComponent(camera.identity.model)}`];
  const profiles = camera.media2 ? ['Profile/Streaming', 'Profile/T'] : ['Profile/Streaming'];
  return [...profiles, 'type/video_encoder', ...(camera.ptz ? ['type/ptz'] : []), ...names, 'location/country/korea'].map(
    (one) => `${root}/${one}`,
  );
}

function dateTime(tag: string, ms: number): string {
  const at = new Date(ms);
  const time = `<tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second>`;
  const date = `<tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day>`;
  return `<tt:${tag}><tt:Time>${time}</tt:Time><tt:Date>${date}</tt:Date></tt:${tag}>`;
}

const getSystemDateAndTime: Operation = ({ camera }) => {
  const zone = '<tt:TimeZone><tt:TZ>KST-9</tt:TZ></tt:TimeZone>';
  const times = dateTime('UTCDateTime', camera.now()) + dateTime('LocalDateTime', camera.now() + 9 * 3_600_000);
  const kind = `<tt:DateTimeType>${camera.clockBy ?? 'NTP'}</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>`;
  return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>${kind}${zone}${times}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
};

const setSystemDateAndTime: Operation = ({ camera, request }) => {
  if (textAt(request.body, 'DateTimeType') === 'NTP') {
    camera.clockBy = 'NTP';
    camera.clockOffsetMs = 0;
    return '<tds:SetSystemDateAndTimeResponse/>';
  }
  const utc = find(request.body, 'UTCDateTime');
  const part = (group: string, name: string): number => Number(textAt(utc, group, name) || Number.NaN);
  const date = [part('Date', 'Year'), part('Date', 'Month') - 1, part('Date', 'Day')] as const;
  const ms = Date.UTC(...date, part('Time', 'Hour'), part('Time', 'Minute'), part('Time', 'Second'));
  if (Number.isNaN(ms)) throw new SoapFault('Sender', ['ter:InvalidArgVal', 'ter:InvalidDateTime'], 'No time is given');
  camera.clockBy = 'Manual';
  camera.clockOffsetMs = ms - camera.env.clock.now();
  return '<tds:SetSystemDateAndTimeResponse/>';
};

const getDeviceInformation: Operation = ({ camera }) =>
  `<tds:GetDeviceInformationResponse><tds:Manufacturer>${escapeXml(camera.personality.maker)}</tds:Manufacturer>` +
  `<tds:Model>${escapeXml(camera.identity.model)}</tds:Model><tds:FirmwareVersion>${escapeXml(camera.identity.firmware)}</tds:FirmwareVersion>` +
  `<tds:SerialNumber>${camera.identity.serial}</tds:SerialNumber><tds:HardwareId>${escapeXml(camera.personality.hardware)}</tds:HardwareId></tds:GetDeviceInformationResponse>`;

const getServices: Operation = ({ camera }) => {
  const list = services(camera).map(({ namespace, url, version }) => {
    const [major, minor] = version.split('.');
    const numbers = `<tds:Version><tt:Major>${major}</tt:Major><tt:Minor>${minor}</tt:Minor></tds:Version>`;
    return `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${url}</tds:XAddr>${numbers}</tds:Service>`;
  });
  return `<tds:GetServicesResponse>${list.join('')}</tds:GetServicesResponse>`;
};

const getCapabilities: Operation = ({ camera }) => {
  const base = `${toldUrl(camera, baseUrl(camera))}/onvif`;
  const { quirks, imaging, inputs } = camera.personality;
  const service = (tag: string, path: string, more = ''): string => `<tt:${tag}><tt:XAddr>${base}/${path}</tt:XAddr>${more}</tt:${tag}>`;
  const flags =
    `<tt:WSSubscriptionPolicySupport>${!quirks.pullPoints}</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>${quirks.pullPoints}</tt:WSPullPointSupport>` +
    '<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport>';
  const streaming =
    '<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>';
  const io = `<tt:IO><tt:InputConnectors>${inputs}</tt:InputConnectors><tt:RelayOutputs>${camera.relays.length}</tt:RelayOutputs></tt:IO>`;
  const list = [
    service('Device', 'device_service', io),
    service('Events', 'event_service', flags),
    imaging ? service('Imaging', 'imaging_service') : '',
    quirks.media1 ? service('Media', 'media_service', streaming) : '',
    camera.ptz ? service('PTZ', 'ptz_service') : '',
  ];
  return `<tds:GetCapabilitiesResponse><tds:Capabilities>${list.join('')}</tds:Capabilities></tds:GetCapabilitiesResponse>`;
};

const getServiceCapabilities: Operation = ({ camera }) => {
  const token = camera.loginBy === 'username-token' || camera.loginBy === 'either';
  const security = `<tds:Security UsernameToken="${token}" HttpDigest="${camera.loginBy !== 'username-token'}"/>`;
  return `<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network/>${security}<tds:System/></tds:Capabilities></tds:GetServiceCapabilitiesResponse>`;
};

const getScopes: Operation = ({ camera }) => {
  const scopes = scopesOf(camera).map(
    (scope) => `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
  );
  return `<tds:GetScopesResponse>${scopes.join('')}</tds:GetScopesResponse>`;
};

const getNetworkInterfaces: Operation = ({ camera }) => {
  const info = `<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${camera.identity.mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>`;
  const manual = `<tt:Manual><tt:Address>${new URL(toldUrl(camera, baseUrl(camera))).hostname}</tt:Address><tt:PrefixLength>8</tt:PrefixLength></tt:Manual>`;
  const ip = `<tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>${manual}<tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>`;
  return `<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>${info}${ip}</tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`;
};

const getNetworkProtocols: Operation = ({ camera }) => {
  const rtspPort = new URL(streamUrl(camera, 'main')).port;
  const list = [
    ['HTTP', camera.port],
    ['RTSP', rtspPort],
  ].map(
    ([name, port]) =>
      `<tds:NetworkProtocols><tt:Name>${name}</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>${port}</tt:Port></tds:NetworkProtocols>`,
  );
  return `<tds:GetNetworkProtocolsResponse>${list.join('')}</tds:GetNetworkProtocolsResponse>`;
};

const getHostname: Operation = ({ camera }) =>
  `<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>${camera.id}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`;

const systemReboot: Operation = ({ camera }) => {
  camera.env.clock.after(100, () => camera.reboot());
  return '<tds:SystemRebootResponse><tds:Message>Rebooting</tds:Message></tds:SystemRebootResponse>';
};

const getUsers: Operation = ({ camera }) =>
  `<tds:GetUsersResponse><tds:User><tt:Username>${escapeXml(camera.owner.login.user)}</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:GetUsersResponse>`;

/** Operations of the device service. */
export const deviceOperations: Readonly<Record<string, Operation>> = {
  'tds:GetSystemDateAndTime': getSystemDateAndTime,
  'tds:SetSystemDateAndTime': setSystemDateAndTime,
  'tds:GetDeviceInformation': getDeviceInformation,
  'tds:GetServices': getServices,
  'tds:GetCapabilities': getCapabilities,
  'tds:GetServiceCapabilities': getServiceCapabilities,
  'tds:GetScopes': getScopes,
  'tds:GetNetworkInterfaces': getNetworkInterfaces,
  'tds:GetNetworkProtocols': getNetworkProtocols,
  'tds:GetHostname': getHostname,
  'tds:GetUsers': getUsers,
  'tds:SystemReboot': systemReboot,
};

/** Operations that need no login (ONVIF Core §5.9.4.3, access class PRE_AUTH). */
export const openOperations: ReadonlySet<string> = new Set([
  'tds:GetSystemDateAndTime',
  'tds:GetServices',
  'tds:GetCapabilities',
  'tds:GetServiceCapabilities',
  'tds:GetHostname',
]);
