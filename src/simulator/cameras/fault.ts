// How virtual cameras misbehave on the wire: what is sent, or not, instead of an answer.
import type { ServerResponse } from 'node:http';
import { type Env, messageOf } from '#base';
import { writeSoap } from './soap.ts';

/**
 * How a camera can misbehave.
 *
 * No answer: `silent` (the connection stays), `closing` (it ends), `refusing` (it is not even taken). Too late: `slow` (the right answer, later),
 * `drip` (a byte every quarter of a second). Half: `cut` (half an answer, then the end), `wrong-length` (less than announced, and no end).
 * Something else: `empty`, `html`, `busy` (503), `garbage` (random bytes), `encoding` (bytes of another encoding than declared). Attacks: `huge`
 * (1 MiB), `nested` (10,000 elements deep), `attributes` (10,000 of one element), `entities` (that would grow to gigabytes). `unauthorised` refuses
 * every login.
 */
export const cameraFaults = [
  'silent',
  'closing',
  'refusing',
  'slow',
  'drip',
  'cut',
  'wrong-length',
  'empty',
  'html',
  'busy',
  'garbage',
  'encoding',
  'huge',
  'nested',
  'attributes',
  'entities',
  'unauthorised',
] as const;

export type CameraFault = (typeof cameraFaults)[number];

/** Faults that replace an answer by bytes; the others are the endpoint's. */
export type Spoiling = Exclude<CameraFault, 'slow' | 'refusing' | 'unauthorised'>;

const soapType = 'application/soap+xml; charset=utf-8';
const count = 10_000;
const hugeBytes = 1_048_576;
const dripMs = 250;

const open = '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>';
const close = '</s:Body></s:Envelope>';

/** Ten entities of ten each: 10^10 letters where they are expanded. */
function entityBomb(): string {
  const entities = Array.from({ length: 10 }, (_, at) => `<!ENTITY e${at} "${at === 0 ? 'lol' : `&e${at - 1};`.repeat(10)}">`);
  return `<?xml version="1.0"?><!DOCTYPE s:Envelope [${entities.join('')}]>${open.slice(open.indexOf('<s:'))}<a>&e9;</a>${close}`;
}

const bodies = {
  empty: () => '',
  html: () => '<!DOCTYPE html><html><head><title>Web Service</title></head><body><br><p>Please log in<img src=x></body></html>',
  huge: () => writeSoap(`<sim:Huge>${'<sim:x/>'.repeat(hugeBytes / 8)}</sim:Huge>`),
  nested: () => `${open}${'<a>'.repeat(count)}${'</a>'.repeat(count)}${close}`,
  attributes: () => `${open}<a ${Array.from({ length: count }, (_, at) => `a${at}="1"`).join(' ')}/>${close}`,
  entities: entityBomb,
} as const;

type Spoiler = (response: ServerResponse, env: Env) => void;

const spoilers: Readonly<Record<Exclude<Spoiling, keyof typeof bodies>, Spoiler>> = {
  silent: () => {},
  closing: (response) => response.socket?.destroy(),
  drip(response, env) {
    response.writeHead(200, { 'Content-Type': soapType, 'Content-Length': 1_000_000 });
    drip(response, env);
  },
  cut(response) {
    response.writeHead(200, { 'Content-Type': soapType, 'Content-Length': 5000 });
    response.write(open, () => response.socket?.destroy());
  },
  'wrong-length'(response) {
    response.writeHead(200, { 'Content-Type': soapType, 'Content-Length': 5000 });
    response.write(open + close);
  },
  busy(response) {
    response.writeHead(503, { 'Retry-After': '5', 'Content-Length': 0 }).end();
  },
  garbage: (response, env) => sendBytes(response, env.random.bytes(2000)),
  // CP949 letters of 카메라, declared to be UTF-8.
  encoding: (response) => sendBytes(response, Buffer.concat([Buffer.from(open), Buffer.from('c4abb8deb6f3', 'hex'), Buffer.from(close)])),
};

/** Sends what the fault says instead of an answer. */
export function spoil(fault: Spoiling, response: ServerResponse, env: Env): void {
  if (response.writableEnded || response.destroyed) return;
  if (fault in bodies) sendBytes(response, Buffer.from(bodies[fault as keyof typeof bodies]()));
  else spoilers[fault as keyof typeof spoilers](response, env);
}

function sendBytes(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { 'Content-Type': soapType, 'Content-Length': bytes.length }).end(bytes);
}

function drip(response: ServerResponse, env: Env): void {
  if (response.destroyed) return;
  try {
    response.write(' ');
  } catch (error) {
    env.log.debug({ error: messageOf(error) }, 'drip ended');
    return;
  }
  env.clock.after(dripMs, () => drip(response, env));
}
