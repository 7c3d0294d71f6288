// What a camera of the bench's field says: the SOAP of the calls that a gateway needs to hold a pull point, and its login by digest.
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

/** A request as it came. */
export interface FieldRequest {
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
}

/** One camera of the field. */
export interface FieldCamera {
  readonly login: { readonly user: string; readonly password: string };
  /** Nonces that it gave, with how often each was used; at most 8. */
  readonly nonces: Map<string, number>;
  /** Subscriptions that live, by number. */
  readonly subscriptions: Set<number>;
  readonly queue: { readonly text: string; readonly atMs: number }[];
  /** Notifications that the last reply carried, until the gateway asks again. */
  told: readonly number[];
  pull: { readonly socket: Socket; readonly timer: NodeJS.Timeout } | undefined;
  failedLogins: number;
  isInside: boolean;
  onCommitted: (sinceMs: number) => void;
  reboot(): void;
}

let subscriptions = 0;

export function openFieldCamera(login: FieldCamera['login']): FieldCamera {
  const camera: FieldCamera = {
    login,
    nonces: new Map(),
    subscriptions: new Set(),
    queue: [],
    told: [],
    pull: undefined,
    failedLogins: 0,
    isInside: false,
    onCommitted: () => {},
    reboot() {
      camera.nonces.clear();
      camera.subscriptions.clear();
      clearTimeout(camera.pull?.timer);
      Object.assign(camera, { pull: undefined, told: [], isInside: false });
      camera.queue.length = 0;
    },
  };
  return camera;
}

const spaces = [
  's="http://www.w3.org/2003/05/soap-envelope"',
  'tds="http://www.onvif.org/ver10/device/wsdl"',
  'tr2="http://www.onvif.org/ver20/media/wsdl"',
  'tev="http://www.onvif.org/ver10/events/wsdl"',
  'tt="http://www.onvif.org/ver10/schema"',
  'wsnt="http://docs.oasis-open.org/wsn/b-2"',
  'wsa="http://www.w3.org/2005/08/addressing"',
  'tns1="http://www.onvif.org/ver10/topics"',
].map((space) => ` xmlns:${space}`);

function http(status: string, body: string, headers = ''): string {
  const text = `<?xml version="1.0" encoding="UTF-8"?><s:Envelope${spaces.join('')}><s:Body>${body}</s:Body></s:Envelope>`;
  return `HTTP/1.1 ${status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function fault(code: string): string {
  return http(
    '400 Bad Request',
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:${code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text>${code}</s:Text></s:Reason></s:Fault>`,
  );
}

const iso = (ms = 0): string => new Date(Date.now() + ms).toISOString();
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The 401 for a request that is not allowed; undefined for one that is. A login that is wrong counts, one without or with an old nonce does not. */
export function denialOf(camera: FieldCamera, { head, body }: FieldRequest): string | undefined {
  if (body.includes('GetSystemDateAndTime')) return undefined;
  const said = /\r\nauthorization: digest ([^\r]*)/i.exec(head)?.[1];
  let stale = '';
  if (said !== undefined) {
    const field = (name: string): string => new RegExp(`(?:^|[ ,])${name}="?([^",]*)`).exec(said)?.[1] ?? '';
    const { user, password } = camera.login;
    const [nonce, nc, uri] = [field('nonce'), field('nc'), field('uri')];
    const secret = md5(`${user}:field:${password}`);
    const expected = md5(`${secret}:${nonce}:${nc}:${field('cnonce')}:auth:${md5(`POST:${uri}`)}`);
    const uses = camera.nonces.get(nonce);
    if (field('response') !== expected || (uses !== undefined && Number.parseInt(nc, 16) !== uses + 1)) camera.failedLogins += 1;
    else if (uses === undefined) stale = ', stale=true';
    else {
      camera.nonces.set(nonce, uses + 1);
      return undefined;
    }
  }
  const fresh = randomBytes(8).toString('hex');
  camera.nonces.set(fresh, 0);
  for (const [old] of camera.nonces) if (camera.nonces.size > 8) camera.nonces.delete(old);
  const headers = `WWW-Authenticate: Basic realm="field"\r\nWWW-Authenticate: Digest realm="field", qop="auth", nonce="${fresh}"${stale}\r\n`;
  return `HTTP/1.1 401 Unauthorized\r\n${headers}Content-Length: 0\r\n\r\n`;
}

/** Answers an allowed request, a pull when something is there or its time is over. */
export function answerCall(camera: FieldCamera, request: FieldRequest, port: number): void {
  const { body, head, socket } = request;
  const call = /<s:Body[^>]*><(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '';
  const path = /^POST (\S+)/.exec(head)?.[1] ?? '';
  const host = `${socket.localAddress}:${port}`;
  if (path.startsWith('/sub/') && !camera.subscriptions.has(Number(path.slice(5)))) socket.write(fault('ResourceUnknown'));
  else if (call === 'PullMessages') takePull(camera, request);
  else socket.write(replies[call]?.(host, camera, body) ?? fault('ActionNotSupported'));
}

function takePull(camera: FieldCamera, { body, socket }: FieldRequest): void {
  // Asked again: what was told is committed.
  for (const atMs of camera.told) if (!Number.isNaN(atMs)) camera.onCommitted(atMs);
  camera.told = [];
  if (camera.queue.length > 0) return void socket.write(pullReply(camera));
  const seconds = Number(/Timeout>PT(\d+)S/.exec(body)?.[1] ?? 60);
  const timer = setTimeout(() => {
    camera.pull = undefined;
    socket.write(pullReply(camera));
  }, seconds * 1000);
  camera.pull = { socket, timer };
}

/** A reply with all that waits. */
export function pullReply(camera: FieldCamera): string {
  const taken = camera.queue.splice(0, 100);
  camera.told = taken.map(({ atMs }) => atMs);
  const times = `<tev:CurrentTime>${iso()}</tev:CurrentTime><tev:TerminationTime>${iso(600_000)}</tev:TerminationTime>`;
  return http('200 OK', `<tev:PullMessagesResponse>${times}${taken.map(({ text }) => text).join('')}</tev:PullMessagesResponse>`);
}

/** A rule of intrusion, a property with a state. */
export function messageOf(isInside: boolean, operation = 'Changed'): string {
  const item = (name: string, value: string): string => `<tt:SimpleItem Name="${name}" Value="${value}"/>`;
  const source = item('VideoSourceConfigurationToken', 'vsc0') + item('VideoAnalyticsConfigurationToken', 'vac0') + item('Rule', 'yard');
  return `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RuleEngine/FieldDetector/ObjectsInside</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${iso()}" PropertyOperation="${operation}"><tt:Source>${source}</tt:Source><tt:Key>${item('ObjectId', '1')}</tt:Key><tt:Data>${item('IsInside', String(isInside))}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`;
}

const profile = (token: string, width: number, height: number): string =>
  `<tr2:Profiles token="${token}" fixed="true"><tr2:Name>${token}</tr2:Name><tr2:Configurations><tr2:VideoSource token="vsc0"><tt:Name>yard</tt:Name><tt:SourceToken>src0</tt:SourceToken></tr2:VideoSource><tr2:VideoEncoder token="e-${token}"><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>`;
const service = (space: string, host: string, path: string): string =>
  `<tds:Service><tds:Namespace>http://www.onvif.org/${space}/wsdl</tds:Namespace><tds:XAddr>http://${host}/${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`;

type Reply = (host: string, camera: FieldCamera, body: string) => string;

const replies: Readonly<Record<string, Reply>> = {
  GetSystemDateAndTime() {
    const at = new Date();
    const time = `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>`;
    const date = `<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>`;
    return http(
      '200 OK',
      `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>${time}${date}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
    );
  },
  GetServices: (host) =>
    http(
      '200 OK',
      `<tds:GetServicesResponse>${service('ver10/device', host, 'device')}${service('ver20/media', host, 'media2')}${service('ver10/events', host, 'events')}</tds:GetServicesResponse>`,
    ),
  GetDeviceInformation: (host) =>
    http(
      '200 OK',
      `<tds:GetDeviceInformationResponse><tds:Manufacturer>Field</tds:Manufacturer><tds:Model>B-1</tds:Model><tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>${host}</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>`,
    ),
  GetProfiles: () =>
    http('200 OK', `<tr2:GetProfilesResponse>${profile('main', 1920, 1080)}${profile('sub', 640, 360)}</tr2:GetProfilesResponse>`),
  GetStreamUri: (host, _, body) =>
    http(
      '200 OK',
      `<tr2:GetStreamUriResponse><tr2:Uri>rtsp://${host}/${/ProfileToken>([^<]*)</.exec(body)?.[1]}</tr2:Uri></tr2:GetStreamUriResponse>`,
    ),
  GetSnapshotUri: (host) =>
    http('200 OK', `<tr2:GetSnapshotUriResponse><tr2:Uri>http://${host}/still.jpg</tr2:Uri></tr2:GetSnapshotUriResponse>`),
  CreatePullPointSubscription(host, camera) {
    subscriptions += 1;
    camera.subscriptions.add(subscriptions);
    return http(
      '200 OK',
      `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>http://${host}/sub/${subscriptions}</wsa:Address></tev:SubscriptionReference><wsnt:CurrentTime>${iso()}</wsnt:CurrentTime><wsnt:TerminationTime>${iso(600_000)}</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>`,
    );
  },
  SetSynchronizationPoint(_, camera) {
    camera.queue.push({ text: messageOf(camera.isInside, 'Initialized'), atMs: Number.NaN });
    return http('200 OK', '<tev:SetSynchronizationPointResponse/>');
  },
  Renew: () =>
    http(
      '200 OK',
      `<wsnt:RenewResponse><wsnt:TerminationTime>${iso(600_000)}</wsnt:TerminationTime><wsnt:CurrentTime>${iso()}</wsnt:CurrentTime></wsnt:RenewResponse>`,
    ),
  Unsubscribe: () => http('200 OK', '<wsnt:UnsubscribeResponse/>'),
};
