// The HTTP side of a virtual camera: one bounded request in, the login checked, the operation found, one answer out.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '#base';
import { loadStill } from '../rtsp/index.ts';
import type { Call, CameraCore, Operation } from './core.ts';
import { deviceOperations, openOperations } from './device.ts';
import { eventOperations, replyActionOf } from './events.ts';
import { media2Operations, mediaOperations } from './media.ts';
import { ptzOperations } from './ptz.ts';
import { operationOf, readSoap, replyHeader, SoapFault, type SoapRequest, writeFault, writeSoap } from './soap.ts';
import type { TokenGate } from './username-token.ts';

const maxBodyBytes = 65_536;
const hugeBytes = 1_048_576;
const soapType = 'application/soap+xml; charset=utf-8';
const operations: Readonly<Record<string, Operation>> = {
  ...deviceOperations,
  ...mediaOperations,
  ...media2Operations,
  ...eventOperations,
  ...ptzOperations,
};

/** Answers one request. Never rejects: a request that cannot be read is answered 4xx. */
export async function serveCamera(
  camera: CameraCore,
  tokens: TokenGate,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  camera.counts.requests += 1;
  const gone = new AbortController();
  response.on('error', () => {});
  response.on('close', () => gone.abort());
  const body = await readBody(message).catch(() => undefined);
  if (misbehave(camera, response)) return;
  if (body === undefined) {
    camera.counts.malformed += 1;
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
  if (path.startsWith('/snapshot/')) return snapshot(camera, message, response);
  if (message.method !== 'POST') return void response.writeHead(message.method === 'GET' ? 404 : 405).end();
  const request = readSoap(body);
  if (!request) {
    camera.counts.malformed += 1;
    return sendFault(response, 400, new SoapFault('Sender', ['ter:WellFormed'], 'The request is not well-formed SOAP'));
  }
  if (!openOperations.has(operationOf(request.body)) && !authorised(camera, tokens, { message, response, request })) return;
  await operate({ camera, request, path, signal: gone.signal }, response);
}

async function operate(call: Call, response: ServerResponse): Promise<void> {
  const name = operationOf(call.request.body);
  const operation = name.startsWith('tr2:') && !call.camera.media2 ? undefined : operations[name];
  try {
    if (!operation || !Object.hasOwn(operations, name))
      throw new SoapFault('Receiver', ['ter:ActionNotSupported'], `${name} is not supported`);
    const body = await operation(call);
    const action = replyActionOf(name);
    if (!misbehave(call.camera, response)) send(response, 200, writeSoap(body, action ? replyHeader(call.request, action) : ''));
  } catch (error) {
    const fault = error instanceof SoapFault ? error : new SoapFault('Receiver', ['ter:Action'], messageOf(error));
    if (!(error instanceof SoapFault))
      call.camera.env.log.warn({ camera: call.camera.id, error: messageOf(error) }, 'simulated camera failed');
    sendFault(response, fault.side === 'Sender' ? 400 : 500, fault);
  }
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

/** True when a fault has dealt with the request. */
function misbehave(camera: CameraCore, response: ServerResponse): boolean {
  switch (camera.fault) {
    case 'silent':
      return true;
    case 'garbage':
      send(response, 200, camera.env.random.bytes(2000).toString('latin1'));
      return true;
    case 'huge':
      send(response, 200, writeSoap(`<sim:Huge>${'<sim:x/>'.repeat(hugeBytes / 8)}</sim:Huge>`));
      return true;
    case 'unauthorised':
      refuse(camera, response, false);
      return true;
    case undefined:
      return false;
  }
}

interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: SoapRequest | undefined;
}

/** HTTP Digest and WS-UsernameToken (ONVIF Core §5.9.4); answers and is false when neither is right. */
function authorised(camera: CameraCore, tokens: TokenGate, { message, response, request }: Exchange): boolean {
  if (camera.loginBy === 'none') return true;
  const byToken = camera.loginBy === 'username-token' || camera.loginBy === 'either';
  const token = byToken ? tokens.check(request?.header, camera.now()) : 'absent';
  if (token === 'granted') return true;
  const header = message.headers.authorization;
  const verdict = camera.gate?.check(message.method ?? '', header) ?? 'absent';
  if (verdict === 'granted') return true;
  if (token === 'refused' || verdict === 'refused') camera.counts.failedLogins += 1;
  refuse(camera, response, verdict === 'stale');
  return false;
}

/** A camera that takes tokens alone answers 400 with a fault, the others 401 with challenges. */
function refuse(camera: CameraCore, response: ServerResponse, stale: boolean): void {
  const fault = new SoapFault('Sender', ['ter:NotAuthorized'], 'Sender not authorized');
  if (camera.gate) response.setHeader('WWW-Authenticate', camera.gate.challenge(stale));
  sendFault(response, camera.gate ? 401 : 400, fault);
}

function snapshot(camera: CameraCore, message: IncomingMessage, response: ServerResponse): void {
  // A snapshot is plain HTTP: cameras that take tokens for SOAP ask for Digest here (ONVIF Media §5.16).
  const verdict = camera.mediaGate?.check(message.method ?? '', message.headers.authorization) ?? 'granted';
  if (verdict !== 'granted') {
    if (verdict === 'refused') camera.counts.failedLogins += 1;
    response.setHeader('WWW-Authenticate', camera.mediaGate?.challenge(verdict === 'stale') ?? []);
    return void response.writeHead(401).end();
  }
  if (message.method !== 'GET') return void response.writeHead(405).end();
  camera.counts.snapshots += 1;
  const still = loadStill();
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': still.length, 'cache-control': 'no-store' }).end(still);
}

function send(response: ServerResponse, status: number, text: string): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(status, { 'content-type': soapType, 'content-length': Buffer.byteLength(text) }).end(text);
}

function sendFault(response: ServerResponse, status: number, fault: SoapFault): void {
  send(response, status, writeFault(fault));
}
