// The onvif package over our own transport: it writes the requests and knows the services; we send, bound and parse (docs/decisions/onvif-package.md).
import onvif from 'onvif';
import { reachService } from '../address.ts';
import { type Failure, failure } from '../faults.ts';
import { composeEnvelope, type SoapSession } from '../soap/index.ts';
import type { XmlElement } from '../xml/index.ts';

/** The package's client; it never opens a connection by itself here. */
export type PackageCam = InstanceType<typeof onvif.Cam>;

/** What became of a call. `fault` is in `failure.kind`. */
export type PackageResult<T> =
  | { readonly result: 'ok'; readonly value: T; readonly body: XmlElement }
  | { readonly result: 'failed'; readonly failure: Failure };

/** Calls of the package, one after another. `expect` is the element that the reply must hold. Both reject with the reason of the signal alone. */
export interface PackageCalls {
  readonly cam: PackageCam;
  /** Address of a service as it is reached from here, when the camera has told it. */
  service(name: string): URL | undefined;
  /** The package writes the request; the reply's body is for the caller to read. */
  fetch(expect: string, write: (cam: PackageCam) => void): Promise<PackageResult<XmlElement>>;
  /** A request that the package does not know: `request` is what stands in the body. A service that the camera has not told is asked at its device service. */
  send(request: string, to: { readonly service: string; readonly expect: string }): Promise<PackageResult<XmlElement>>;
  /** The package writes the request and reads the reply: `done` is its callback. */
  ask<T>(expect: string, invoke: (cam: PackageCam, done: (error: unknown, value?: T) => void) => void): Promise<PackageResult<T>>;
}

interface PackageRequest {
  readonly service?: string;
  readonly body: string;
}
type PackageCallback = (this: PackageCam, error: unknown, data?: unknown, xml?: string) => void;

/** Opens the package's client on a session. */
export function openPackage(session: SoapSession, signal: AbortSignal): PackageCalls {
  const cam = new onvif.Cam({ hostname: session.base.hostname, autoconnect: false, useWSSecurity: false });
  const service = (name: string): URL | undefined => {
    const href = cam.uri?.[name]?.href;
    return typeof href === 'string' ? reachService(session.base, href) : undefined;
  };
  /** Lets the package write one request and takes it out of its hands before it opens a connection. */
  const capture = (write: (cam: PackageCam) => void): { readonly request: PackageRequest; readonly callback: PackageCallback } => {
    const taken: { request: PackageRequest; callback: PackageCallback }[] = [];
    Object.assign(cam, { _request: (request: PackageRequest, callback: PackageCallback) => taken.push({ request, callback }) });
    write(cam);
    const first = taken[0];
    if (!first) throw new Error('the onvif package wrote no request');
    return first;
  };
  const send = async (request: PackageRequest, expect: string): Promise<PackageResult<XmlElement>> => {
    const url = (request.service === undefined ? undefined : service(request.service)) ?? session.base;
    const reply = await session.call({ url, envelope: request.body, expect }, signal);
    return reply.result === 'ok' ? { result: 'ok', value: reply.body, body: reply.body } : { result: 'failed', failure: reply.failure };
  };
  return {
    cam,
    service,
    fetch: (expect, write) => send(capture(write).request, expect),
    send: (request, to) => send({ service: to.service, body: composeEnvelope(request) }, to.expect),
    async ask<T>(expect: string, invoke: (cam: PackageCam, done: (error: unknown, value?: T) => void) => void) {
      const read: { value?: T } = {};
      const { request, callback } = capture((itself) =>
        invoke(itself, (error, value) => {
          if (!error && value !== undefined) read.value = value;
        }),
      );
      const reply = await send(request, expect);
      if (reply.result === 'failed') return reply;
      try {
        callback.call(cam, null, [shapeForPackage(reply.value)], '');
      } catch {
        // The package stumbles over replies of another form than it expects.
      }
      if (read.value !== undefined) return { result: 'ok', value: read.value, body: reply.body };
      return {
        result: 'failed',
        failure: failure('garbage', {
          ko: `${session.base.host}: ${expect} 형식 이상`,
          en: `${session.base.host}: unexpected form of ${expect}`,
        }),
      };
    },
  };
}

/** Our tree in the form in which the package's own XML step would have handed it over (xml2js: `$` attributes, `_` text, arrays). */
function shapeForPackage(element: XmlElement): unknown {
  if (element.children.length === 0 && element.attributes.length === 0) return element.text;
  const shape: Record<string, unknown> = Object.create(null);
  if (element.attributes.length > 0) shape['$'] = Object.fromEntries(element.attributes.map(({ name, value }) => [name, value]));
  if (element.text !== '') shape['_'] = element.text;
  for (const part of element.children) {
    const name = packageName(part.name);
    const among = shape[name];
    if (Array.isArray(among)) among.push(shapeForPackage(part));
    else shape[name] = [shapeForPackage(part)];
  }
  return shape;
}

/** `GetProfilesResponse` → `getProfilesResponse`, but `XAddr` and `PTZ` stay: the package lowers the first letter before a small one. */
function packageName(name: string): string {
  const second = name.charAt(1);
  return second !== '' && second.toUpperCase() !== second ? name.charAt(0).toLowerCase() + name.slice(1) : name;
}
