// The HTTP side of a virtual camera: one bounded request in, the login checked, the operation found, one answer out.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '#base';
import { loadStill } from '../rtsp/index.ts';
import type { Call, CameraCore, Operation } from './core.ts';
import { deviceOperations, openOperations } from './device.ts';
import { eventOperations, replyActionOf } from './events.ts';
import { spoil } from './fault.ts';
import { imagingOperations } from './imaging.ts';
import { ioOperations } from './io.ts';
import { type Admission, admit } from './login.ts';
import { media2Operations, mediaOperations } from './media.ts';
import { ptzOperations } from './ptz.ts';
import { operationOf, readSoap, replyHeader, SoapFault, type SoapRequest, writeFault, writeSoap } from './soap.ts';

const maxBodyBytes = 65_536;
const soapType = 'application/soap+xml; charset=utf-8';
const operations: Readonly<Record<string, Operation>> = {
  ...deviceOperations,
  ...mediaOperations,
  ...media2Operations,
  ...eventOperations,
  ...ptzOperations,
  ...ioOperations,
  ...imagingOperations,
};

interface Exchange {
  readonly camera: CameraCore;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers one request. Never rejects: a request that cannot be read is answered 4xx. */
export async function serveCamera(camera: CameraCore, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const exchange = { camera, message, response };
  camera.counts.requests += 1;
  const gone = new AbortController();
  response.on('error', () => {});
  response.on('close', () => gone.abort());
  if (camera.personality.quirks.closesConnections) response.setHeader('Connection', 'close');
  const body = await readBody(message).catch(() => undefined);
  if (await misbehave(exchange, undefined)) return;
  // Hanwha before its first password, by the white paper of its maker: ONVIF is off.
  if (camera.factory) return void response.writeHead(403, { 'Content-Length': 0 }).end();
  if (body === undefined) {
    camera.counts.malformed += 1;
    response.writeHead(413, { Connection: 'close' }).end();
    return;
  }
  const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
  if (path.startsWith('/snapshot/')) return snapshot(exchange);
  if (message.method !== 'POST') return void response.writeHead(message.method === 'GET' ? 404 : 405).end();
  const request = readSoap(body);
  if (!request) {
    camera.counts.malformed += 1;
    return sendFault(exchange, 400, new SoapFault('Sender', ['ter:WellFormed'], 'The request is not well-formed SOAP'));
  }
  if (!authorised(exchange, request)) return;
  await operate(exchange, { camera, request, path, signal: gone.signal, handed: 0, hangUp: () => message.socket.destroy() });
}

async function operate(exchange: Exchange, call: Call): Promise<void> {
  const { camera, response } = exchange;
  const name = operationOf(call.request.body);
  try {
    const operation = findOperation(camera, name);
    if (!operation) throw new SoapFault('Receiver', ['ter:ActionNotSupported'], `${name} is not supported`);
    const body = await operation(call);
    const action = replyActionOf(name);
    if (await misbehave(exchange, name)) return;
    if (call.handed > 0) response.once('close', () => settleDelivery(call, response));
    send(response, 200, writeSoap(body, action ? replyHeader(call.request, action) : ''));
  } catch (error) {
    const fault = error instanceof SoapFault ? error : new SoapFault('Receiver', ['ter:Action'], messageOf(error));
    if (!(error instanceof SoapFault)) camera.env.log.warn({ camera: camera.id, error: messageOf(error) }, 'simulated camera failed');
    sendFault(exchange, fault.side === 'Sender' ? 400 : 500, fault);
  }
}

function settleDelivery(call: Call, response: ServerResponse): void {
  if (!response.writableFinished) call.camera.counts.undelivered += call.handed;
}

/** What the camera does under this name; undefined where its personality does not know it. */
function findOperation(camera: CameraCore, name: string): Operation | undefined {
  const { quirks } = camera.personality;
  if (!Object.hasOwn(operations, name)) return undefined;
  if (name.startsWith('tr2:') && !camera.media2) return undefined;
  if (name.startsWith('trt:') && !quirks.media1) return undefined;
  if (name === 'tds:GetServices' && !quirks.getServices) return undefined;
  if (name === 'tev:SetSynchronizationPoint' && !quirks.synchronises) return undefined;
  if (name === 'tev:CreatePullPointSubscription' && !quirks.pullPoints) return undefined;
  return operations[name];
}

async function readBody(message: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBodyBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** True when a fault has dealt with the request; `operation` is undefined before the request is read. */
async function misbehave(exchange: Exchange, operation: string | undefined): Promise<boolean> {
  const { camera, response } = exchange;
  const { fault, only, slowMs } = camera.misbehaviour ?? {};
  if (fault === undefined || (only !== undefined && only !== operation)) return false;
  switch (fault) {
    case 'slow':
      if (only !== undefined || operation === undefined) await camera.env.clock.sleep(slowMs ?? 0);
      return false;
    case 'refusing':
      exchange.message.socket.resetAndDestroy();
      return true;
    case 'unauthorised':
      refuse(exchange, 'refused');
      return true;
    default:
      spoil(fault, response, camera.env);
      return true;
  }
}

/** Answers and is false when the request may not be served. */
function authorised(exchange: Exchange, request: SoapRequest): boolean {
  const { camera, message } = exchange;
  const name = operationOf(request.body);
  const needsLogin = name === 'tds:GetSystemDateAndTime' ? camera.personality.quirks.clockNeedsLogin : !openOperations.has(name);
  if (!needsLogin) return true;
  const admission = admit(camera, message, request);
  if (admission !== 'granted') refuse(exchange, admission);
  return admission === 'granted';
}

/** A camera that takes tokens alone answers 400 with a fault, the others 401 with challenges; a locked one as its vendor does. */
function refuse(exchange: Exchange, admission: Admission): void {
  const { camera, response } = exchange;
  const fault = new SoapFault('Sender', ['ter:NotAuthorized'], 'Sender not authorized');
  const lock = camera.personality.quirks.lock;
  if (admission === 'locked' && lock && lock.status !== 401) return void response.writeHead(lock.status, { 'Content-Length': 0 }).end();
  if (camera.gate && !response.headersSent) response.setHeader('WWW-Authenticate', camera.gate.challenge(admission === 'stale'));
  sendFault(exchange, camera.gate ? 401 : 400, fault);
}

function snapshot({ camera, message, response }: Exchange): void {
  // A snapshot is plain HTTP: cameras that take tokens for SOAP ask for Digest here (ONVIF Media §5.16).
  const verdict = camera.mediaGate?.check(message.method ?? '', message.headers.authorization) ?? 'granted';
  if (verdict !== 'granted') {
    response.setHeader('WWW-Authenticate', camera.mediaGate?.challenge(verdict === 'stale') ?? []);
    return void response.writeHead(401).end();
  }
  if (message.method !== 'GET') return void response.writeHead(405).end();
  camera.counts.snapshots += 1;
  const still = loadStill();
  response.writeHead(200, { 'Content-Type': 'image/jpeg', 'Content-Length': still.length, 'Cache-Control': 'no-store' }).end(still);
}

function send(response: ServerResponse, status: number, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(status, { 'Content-Type': soapType, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

function sendFault({ camera, response }: Exchange, status: number, fault: SoapFault): void {
  camera.counts.faults += 1;
  send(response, status, writeFault(fault));
  camera.faulted();
}
