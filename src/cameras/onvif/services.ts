// The services that a camera serves: by GetServices, or by GetCapabilities where that is unknown.
import type { Failure } from '../faults.ts';
import { childrenOf, descend, textAt, type XmlElement } from '../xml/index.ts';
import type { PackageCalls } from './package.ts';

/** One service of a camera. */
export interface CameraService {
  /** `http://www.onvif.org/ver20/media/wsdl`. */
  readonly namespace: string;
  /** `21.12`; as the camera writes it. */
  readonly version: string;
}

export type Services =
  | { readonly result: 'ok'; readonly services: readonly CameraService[] }
  | { readonly result: 'failed'; readonly failure: Failure };

const maxServices = 64;

/**
 * Asks for the services, whose addresses `calls` then knows. An old camera that only answers GetCapabilities tells no versions
 * (ONVIF Core §8.1); a failure when it answers neither.
 */
export async function findServices(calls: PackageCalls): Promise<Services> {
  const services = await calls.ask<unknown>('GetServicesResponse', (cam, done) => cam.getServices(false, done));
  if (services.result === 'ok') return { result: 'ok', services: readServices(services.body) };
  if (!mayTryElse(services)) return services;
  const capabilities = await calls.ask<unknown>('GetCapabilitiesResponse', (cam, done) => cam.getCapabilities(done));
  return capabilities.result === 'ok' ? { result: 'ok', services: [] } : capabilities;
}

/** A camera that refuses or misunderstands one call may still answer its older sister; one that is gone or refuses the login will not. */
export function mayTryElse(result: { readonly failure: Failure }): boolean {
  return ['fault', 'garbage'].includes(result.failure.kind);
}

/** The services in a GetServicesResponse, at most 64 (ONVIF Core §8.1.2.1). */
function readServices(body: XmlElement): readonly CameraService[] {
  return childrenOf(descend(body, 'GetServicesResponse'), 'Service')
    .slice(0, maxServices)
    .map((service) => ({
      namespace: textAt(service, 'Namespace').slice(0, 200),
      version: `${textAt(service, 'Version', 'Major')}.${textAt(service, 'Version', 'Minor')}`.slice(0, 20),
    }));
}
