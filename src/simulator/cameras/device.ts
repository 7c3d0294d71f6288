// The device service: who the camera is, what it can do and what time it has (ONVIF Core §8).
import { baseUrl, type CameraCore, type Operation, streamUrl } from './core.ts';
import { escapeXml } from './xml.ts';

/** Where each service answers. */
function services(camera: CameraCore): readonly { namespace: string; url: string; version: string }[] {
  const base = `${baseUrl(camera)}/onvif`;
  const list = [
    { namespace: 'http://www.onvif.org/ver10/device/wsdl', url: `${base}/device_service`, version: '21.12' },
    { namespace: 'http://www.onvif.org/ver10/media/wsdl', url: `${base}/media_service`, version: '21.12' },
    { namespace: 'http://www.onvif.org/ver10/events/wsdl', url: `${base}/event_service`, version: '21.12' },
  ];
  if (camera.media2) list.push({ namespace: 'http://www.onvif.org/ver20/media/wsdl', url: `${base}/media2_service`, version: '21.12' });
  if (camera.ptz) list.push({ namespace: 'http://www.onvif.org/ver20/ptz/wsdl', url: `${base}/ptz_service`, version: '21.12' });
  return list;
}

/** Scopes of the camera; discovery says the same (ONVIF Core §7.3.2.2). */
export function scopesOf(camera: CameraCore): readonly string[] {
  const root = 'onvif://www.onvif.org';
  const names = [`name/${encodeURIComponent(camera.name)}`, `hardware/${encodeURIComponent(camera.model)}`];
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
  const kind = '<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>';
  return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>${kind}${zone}${times}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
};

const getDeviceInformation: Operation = ({ camera }) =>
  `<tds:GetDeviceInformationResponse><tds:Manufacturer>Bongsu</tds:Manufacturer><tds:Model>${escapeXml(camera.model)}</tds:Model>` +
  `<tds:FirmwareVersion>1.0.0</tds:FirmwareVersion><tds:SerialNumber>${camera.serial}</tds:SerialNumber>` +
  `<tds:HardwareId>simulator</tds:HardwareId></tds:GetDeviceInformationResponse>`;

const getServices: Operation = ({ camera }) => {
  const list = services(camera).map(({ namespace, url, version }) => {
    const [major, minor] = version.split('.');
    const numbers = `<tds:Version><tt:Major>${major}</tt:Major><tt:Minor>${minor}</tt:Minor></tds:Version>`;
    return `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${url}</tds:XAddr>${numbers}</tds:Service>`;
  });
  return `<tds:GetServicesResponse>${list.join('')}</tds:GetServicesResponse>`;
};

const getCapabilities: Operation = ({ camera }) => {
  const base = `${baseUrl(camera)}/onvif`;
  const device = `<tt:Device><tt:XAddr>${base}/device_service</tt:XAddr></tt:Device>`;
  const flags = '<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport>';
  const pausable = '<tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport>';
  const events = `<tt:Events><tt:XAddr>${base}/event_service</tt:XAddr>${flags}${pausable}</tt:Events>`;
  const streaming = '<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>';
  const media = `<tt:Media><tt:XAddr>${base}/media_service</tt:XAddr><tt:StreamingCapabilities>${streaming}</tt:StreamingCapabilities></tt:Media>`;
  const ptz = camera.ptz ? `<tt:PTZ><tt:XAddr>${base}/ptz_service</tt:XAddr></tt:PTZ>` : '';
  return `<tds:GetCapabilitiesResponse><tds:Capabilities>${device}${events}${media}${ptz}</tds:Capabilities></tds:GetCapabilitiesResponse>`;
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
  const info = `<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${camera.mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>`;
  const manual = `<tt:Manual><tt:Address>${camera.host}</tt:Address><tt:PrefixLength>8</tt:PrefixLength></tt:Manual>`;
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
  `<tds:GetUsersResponse><tds:User><tt:Username>${escapeXml(camera.login.user)}</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:GetUsersResponse>`;

/** Operations of the device service. */
export const deviceOperations: Readonly<Record<string, Operation>> = {
  'tds:GetSystemDateAndTime': getSystemDateAndTime,
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
