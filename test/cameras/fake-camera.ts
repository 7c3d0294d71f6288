// A scripted ONVIF camera over real HTTP: services, both ways to authenticate, a pull point, and the quirks that a test asks for.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export { message } from './message.ts';

/** What may be set before, and changed while it runs. */
export interface Script {
  authentication: 'none' | 'digest-md5' | 'digest-sha256' | 'username-token';
  user: string;
  password: string;
  /** The camera's clock minus the real one. */
  clockOffsetMs: number;
  media2: boolean;
  /** Answers GetServices with a fault. */
  oldServices: boolean;
  events: boolean;
  /** Answers anything, before authentication: the raw response. Undefined: go on. */
  intercept?: ((call: string, response: ServerResponse, request: IncomingMessage) => boolean) | undefined;
  /** Largest Timeout of a pull that is not answered with a fault, seconds. */
  maxTimeoutS: number;
  absoluteTimeOnly: boolean;
  /** Echoes of this are wanted in calls to the pull point. */
  subscriptionId: string | undefined;
  /** Closes a waiting pull after so long without an answer. */
  closeAfterMs: number | undefined;
  lifetimeS: number;
  firmware: string;
  serial: string;
  /** More services, as `ver20/ptz`. */
  services: string[];
  /** Replies to calls that it does not know otherwise. */
  answers: Record<string, string>;
  /** Stands in each profile of Media1 and Media2. */
  inProfiles: { media1: string; media2: string };
  /** Notification messages that SetSynchronizationPoint brings. */
  properties: () => string[];
  /** The port that its own addresses name, where something stands before it. */
  advertisedPort: number | undefined;
  /** Knows no pull points, and pushes to those who subscribe. */
  pushesOnly: boolean;
  /** How many uses of a nonce are taken. */
  nonceUses: number;
}

/** A running camera. */
export interface FakeCamera extends AsyncDisposable {
  readonly script: Script;
  readonly address: string;
  /** Calls in their order, and the headers of the last request of each. */
  readonly calls: string[];
  readonly bodies: string[];
  /** Requests whose login was wrong (not those without one, and not those whose nonce was old). */
  failedLogins: number;
  pullsAtOnce: number;
  connections: number;
  readonly subscriptions: Set<string>;
  /** Addresses that it pushes to, by subscription, and what was answered. */
  readonly consumers: ReadonlyMap<string, string>;
  readonly statuses: readonly number[];
  /** Queues a notification for every pull point. */
  notify(message: string): void;
  /** Forgets subscriptions, as a reboot does. */
  reboot(): void;
  close(): Promise<void>;
  /** Listens again at the same port. */
  reopen(): Promise<void>;
}

interface Waiting {
  readonly response: ServerResponse;
  readonly id: string;
}

const defaults: Script = {
  authentication: 'digest-md5',
  user: 'gate',
  password: 'p<&>w',
  clockOffsetMs: 0,
  media2: true,
  oldServices: false,
  events: true,
  maxTimeoutS: 60,
  absoluteTimeOnly: false,
  subscriptionId: undefined,
  closeAfterMs: undefined,
  lifetimeS: 600,
  firmware: '5.10',
  serial: '00420',
  services: [],
  answers: {},
  inProfiles: { media1: '', media2: '' },
  properties: () => [],
  advertisedPort: undefined,
  pushesOnly: false,
  nonceUses: 1e9,
};

/** Opens a camera on an ephemeral loopback port. */
export async function openFakeCamera(changes: Partial<Script> = {}): Promise<FakeCamera> {
  const script: Script = { ...defaults, ...changes };
  const queues = new Map<string, string[]>();
  const waiting = new Set<Waiting>();
  const nonces = new Map<string, number>();
  /** Consumers of pushes by subscription, and what they answered. */
  const consumers = new Map<string, string>();
  const statuses: number[] = [];
  let pushed: Promise<unknown> = Promise.resolve();
  let next = 1;
  let port = 0;
  const now = (): Date => new Date(Date.now() + script.clockOffsetMs);
  const iso = (ms = 0): string => new Date(now().getTime() + ms).toISOString().replace(/\.\d+/, '');

  const reply = (response: ServerResponse, body: string, status = 200): void => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:ter="http://www.onvif.org/ver10/error"><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
    response
      .writeHead(status, { 'Content-Type': 'application/soap+xml; charset=utf-8', 'Content-Length': Buffer.byteLength(text) })
      .end(text);
  };
  const fault = (response: ServerResponse, subcode: string, reason: string, detail = '', status = 400): void =>
    reply(
      response,
      `<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:${subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${reason}</SOAP-ENV:Text></SOAP-ENV:Reason>${detail && `<SOAP-ENV:Detail>${detail}</SOAP-ENV:Detail>`}</SOAP-ENV:Fault>`,
      status,
    );
  const envelope = (messages: readonly string[]): string =>
    `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tns1="http://www.onvif.org/ver10/topics"><s:Body><wsnt:Notify>${messages.join('')}</wsnt:Notify></s:Body></s:Envelope>`;
  const push = (id: string): void => {
    const consumer = consumers.get(id);
    const messages = queues.get(id)?.splice(0, 100) ?? [];
    if (consumer === undefined || messages.length === 0) return;
    pushed = pushed
      .then(() => fetch(consumer, { method: 'POST', body: envelope(messages), headers: { 'Content-Type': 'application/soap+xml' } }))
      .then(
        (answered) => void statuses.push(answered.status),
        () => void statuses.push(0),
      );
  };
  const flush = (): void => {
    for (const id of consumers.keys()) push(id);
    for (const pull of waiting) {
      const queue = queues.get(pull.id);
      if (!queue?.length) continue;
      waiting.delete(pull);
      answerPull(pull.response, queue.splice(0, 100));
    }
  };
  const answerPull = (response: ServerResponse, messages: readonly string[]): void =>
    reply(
      response,
      `<tev:PullMessagesResponse><tev:CurrentTime>${iso()}</tev:CurrentTime><tev:TerminationTime>${iso(script.lifetimeS * 1000)}</tev:TerminationTime>${messages.join('')}</tev:PullMessagesResponse>`,
    );

  const camera: FakeCamera = {
    script,
    get address() {
      return `127.0.0.1:${port}`;
    },
    calls: [],
    bodies: [],
    failedLogins: 0,
    pullsAtOnce: 0,
    connections: 0,
    statuses,
    consumers,
    get subscriptions() {
      return new Set(queues.keys());
    },
    notify(message) {
      for (const queue of queues.values()) queue.push(message);
      flush();
    },
    reboot() {
      queues.clear();
      consumers.clear();
      nonces.clear();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async reopen() {
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await camera.close();
    },
  };

  const checkDigest = (request: IncomingMessage): 'good' | 'bad' | 'none' | 'old' => {
    const header = request.headers.authorization;
    if (!header?.startsWith('Digest ')) return 'none';
    const fields = new Map([...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map((m) => [m[1], m[2] ?? m[3] ?? '']));
    const nonce = fields.get('nonce') ?? '';
    const uses = nonces.get(nonce);
    if (uses === undefined || uses >= script.nonceUses) return 'old';
    const algorithm = script.authentication === 'digest-sha256' ? 'sha256' : 'md5';
    const hash = (text: string): string => createHash(algorithm).update(text).digest('hex');
    const ha1 = hash(`${script.user}:cam:${script.password}`);
    const expected = hash(`${ha1}:${nonce}:${fields.get('nc')}:${fields.get('cnonce')}:auth:${hash(`POST:${request.url}`)}`);
    if (fields.get('response') !== expected || fields.get('uri') !== request.url) return 'bad';
    if (Number.parseInt(fields.get('nc') ?? '', 16) !== uses + 1) return 'bad';
    nonces.set(nonce, uses + 1);
    return 'good';
  };
  const checkToken = (body: string): 'good' | 'bad' | 'none' => {
    const field = (name: string): string => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
    if (!body.includes('<UsernameToken>')) return 'none';
    const created = field('Created');
    if (Math.abs(Date.parse(created) - now().getTime()) > 5000 || nonces.has(field('Nonce'))) return 'bad';
    nonces.set(field('Nonce'), 1);
    const digest = createHash('sha1')
      .update(Buffer.from(field('Nonce'), 'base64'))
      .update(created)
      .update(script.password)
      .digest('base64');
    return digest === field('Password') && field('Username') === script.user ? 'good' : 'bad';
  };
  const admit = (request: IncomingMessage, body: string, response: ServerResponse): boolean => {
    if (script.authentication === 'none') return true;
    if (script.authentication === 'username-token') {
      const outcome = checkToken(body);
      if (outcome === 'good') return true;
      if (outcome === 'bad') camera.failedLogins += 1;
      fault(response, 'NotAuthorized', 'Sender not Authorized');
      return false;
    }
    const outcome = checkDigest(request);
    if (outcome === 'good') return true;
    if (outcome === 'bad') camera.failedLogins += 1;
    const nonce = randomBytes(8).toString('hex');
    nonces.set(nonce, 0);
    const offers = ['Basic realm="cam"', `Digest realm="cam", qop="auth", nonce="${nonce}"`];
    if (script.authentication === 'digest-sha256') offers.push(`Digest realm="cam", qop="auth", nonce="${nonce}", algorithm=SHA-256`);
    response.writeHead(401, { 'WWW-Authenticate': offers, 'Content-Type': 'text/html' }).end('<!DOCTYPE html><p>Access denied');
    return false;
  };

  const host = (): string => `http://127.0.0.1:${script.advertisedPort ?? port}/onvif`;
  const clock = (): string => {
    const at = now();
    return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
  };
  const service = (space: string, path: string): string =>
    `<tds:Service><tds:Namespace>http://www.onvif.org/${space}/wsdl</tds:Namespace><tds:XAddr>${host()}/${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`;
  const resolution = (width: number, height: number): string =>
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`;
  const profile1 = (token: string, encoding: string, width: number, height: number): string =>
    `<trt:Profiles token="${token}" fixed="true"><tt:Name>${token}</tt:Name><tt:VideoSourceConfiguration token="vsc0"><tt:Name>정문</tt:Name><tt:SourceToken>src0</tt:SourceToken></tt:VideoSourceConfiguration><tt:VideoEncoderConfiguration token="e"><tt:Encoding>${encoding}</tt:Encoding>${resolution(width, height)}</tt:VideoEncoderConfiguration>${script.inProfiles.media1}</trt:Profiles>`;
  const profile2 = (token: string, encoding: string, width: number, height: number): string =>
    `<tr2:Profiles token="${token}" fixed="true"><tr2:Name>${token}</tr2:Name><tr2:Configurations><tr2:VideoSource token="vsc0"><tt:Name>정문</tt:Name><tt:SourceToken>src0</tt:SourceToken></tr2:VideoSource><tr2:VideoEncoder token="e"><tt:Encoding>${encoding}</tt:Encoding>${resolution(width, height)}</tr2:VideoEncoder>${script.inProfiles.media2}</tr2:Configurations></tr2:Profiles>`;

  const pull = (body: string, id: string, response: ServerResponse): unknown => {
    const timeoutS = Number(/<Timeout>PT(\d+)S/.exec(body)?.[1]);
    if (timeoutS > script.maxTimeoutS) {
      const detail = `<tev:PullMessagesFaultResponse><tev:MaxTimeout>PT${script.maxTimeoutS}S</tev:MaxTimeout><tev:MaxMessageLimit>10</tev:MaxMessageLimit></tev:PullMessagesFaultResponse>`;
      return fault(response, 'InvalidArgVal', 'Timeout too long', detail);
    }
    const entry = { response, id };
    waiting.add(entry);
    camera.pullsAtOnce = Math.max(camera.pullsAtOnce, waiting.size);
    response.on('close', () => waiting.delete(entry));
    const { closeAfterMs } = script;
    if (closeAfterMs !== undefined && closeAfterMs < timeoutS * 1000)
      setTimeout(() => waiting.delete(entry) && response.destroy(), closeAfterMs);
    else setTimeout(() => waiting.delete(entry) && answerPull(response, []), timeoutS * 1000);
    return flush();
  };
  const subscribed = (): string => {
    const id = String(next++);
    queues.set(id, []);
    const parameters = script.subscriptionId
      ? `<wsa:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">${script.subscriptionId}</dom0:SubscriptionId></wsa:ReferenceParameters>`
      : '';
    return `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>${host()}/sub/${id}</wsa:Address>${parameters}</tev:SubscriptionReference><wsnt:CurrentTime>${iso()}</wsnt:CurrentTime><wsnt:TerminationTime>${iso(script.lifetimeS * 1000)}</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>`;
  };

  const answer = (call: string, body: string, request: IncomingMessage, response: ServerResponse): unknown => {
    const id = /\/sub\/(\d+)/.exec(request.url ?? '')?.[1] ?? '';
    if (id !== '' && !queues.has(id)) return fault(response, 'ResourceUnknown', 'no such subscription', '', 500);
    if (id !== '' && script.subscriptionId && !body.includes(`>${script.subscriptionId}</dom0:SubscriptionId>`)) {
      return fault(response, 'InvalidArgVal', 'no SubscriptionId header');
    }
    const token = /<ProfileToken>([^<]*)</.exec(body)?.[1];
    switch (call) {
      case 'GetSystemDateAndTime':
        return reply(response, clock());
      case 'GetServices': {
        if (script.oldServices) return fault(response, 'ActionNotSupported', 'unknown action');
        const media2 = script.media2 ? service('ver20/media', 'media2') : '';
        const events = script.events ? service('ver10/events', 'events') : '';
        return reply(
          response,
          `<tds:GetServicesResponse>${service('ver10/device', 'device_service')}${service('ver10/media', 'media')}${media2}${events}${script.services.map((space) => service(space, space)).join('')}</tds:GetServicesResponse>`,
        );
      }
      case 'GetCapabilities':
        return reply(
          response,
          `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Events><tt:XAddr>${host()}/events</tt:XAddr></tt:Events><tt:Media><tt:XAddr>${host()}/media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
        );
      case 'GetDeviceInformation':
        return reply(
          response,
          `<tds:GetDeviceInformationResponse><tds:Manufacturer>Bongsu Test</tds:Manufacturer><tds:Model>F-1</tds:Model><tds:FirmwareVersion>${script.firmware}</tds:FirmwareVersion><tds:SerialNumber>${script.serial}</tds:SerialNumber><tds:HardwareId>1.0</tds:HardwareId></tds:GetDeviceInformationResponse>`,
        );
      case 'GetProfiles':
        return request.url === '/onvif/media2'
          ? reply(
              response,
              `<tr2:GetProfilesResponse>${profile2('1.50', 'H265', 2560, 1440)}${profile2('p2', 'H264', 640, 360)}</tr2:GetProfilesResponse>`,
            )
          : reply(
              response,
              `<trt:GetProfilesResponse>${profile1('p1', 'H264', 1920, 1080)}${profile1('pj', 'JPEG', 3000, 2000)}</trt:GetProfilesResponse>`,
            );
      case 'GetStreamUri':
        return request.url === '/onvif/media2'
          ? reply(
              response,
              `<tr2:GetStreamUriResponse><tr2:Uri>rtsp://u:secret@0.0.0.0:8554/live/${token}?a=1&amp;b=2</tr2:Uri></tr2:GetStreamUriResponse>`,
            )
          : reply(
              response,
              `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://0.0.0.0/m1/${token}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`,
            );
      case 'GetSnapshotUri':
        return request.url === '/onvif/media2'
          ? reply(
              response,
              `<tr2:GetSnapshotUriResponse><tr2:Uri>http://127.0.0.1:${port}/snap/${token}.jpg</tr2:Uri></tr2:GetSnapshotUriResponse>`,
            )
          : fault(response, 'ActionNotSupported', 'no snapshots');
      case 'Subscribe': {
        const answered = subscribed().replaceAll('tev:CreatePullPointSubscriptionResponse', 'wsnt:SubscribeResponse');
        const consumer = /<a:Address>(http[^<]*)<\/a:Address><\/ConsumerReference>/.exec(body)?.[1];
        if (consumer === undefined) return fault(response, 'InvalidArgVal', 'no consumer');
        consumers.set(String(next - 1), consumer);
        return reply(response, answered);
      }
      case 'CreatePullPointSubscription':
        if (script.pushesOnly) return fault(response, 'ActionNotSupported', 'no pull points');
        if (script.absoluteTimeOnly && body.includes('<InitialTerminationTime>PT'))
          return fault(response, 'InvalidArgVal', 'relative time');
        return reply(response, subscribed());
      case 'SetSynchronizationPoint':
        queues.get(id)?.push(...script.properties());
        flush();
        return reply(response, '<tev:SetSynchronizationPointResponse/>');
      case 'PullMessages':
        return pull(body, id, response);
      case 'Renew':
        return reply(
          response,
          `<wsnt:RenewResponse><wsnt:TerminationTime>${iso(script.lifetimeS * 1000)}</wsnt:TerminationTime><wsnt:CurrentTime>${iso()}</wsnt:CurrentTime></wsnt:RenewResponse>`,
        );
      case 'Unsubscribe':
        queues.delete(id);
        consumers.delete(id);
        return reply(response, '<wsnt:UnsubscribeResponse/>');
      default: {
        const known = script.answers[call];
        return known === undefined ? fault(response, 'ActionNotSupported', call) : reply(response, known);
      }
    }
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const call = /<s:Body[^>]*><(\w+)/.exec(body)?.[1] ?? '?';
      camera.calls.push(call);
      camera.bodies.push(body);
      if (camera.bodies.length > 500) camera.bodies.shift();
      if (script.intercept?.(call, response, request)) return;
      if (call !== 'GetSystemDateAndTime' && !admit(request, body, response)) return;
      answer(call, body, request, response);
    });
  });
  server.on('connection', () => {
    camera.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  return camera;
}
