// Reaching a camera whose loop has got to know it: the onvif package on its loop's own session, with the addresses of its services.
import type { Env } from '#base';
import type { Failure } from '../faults.ts';
import { type CameraProfile, findServices, openPackage, type PackageCalls } from '../onvif/index.ts';
import type { SoapSession } from '../soap/index.ts';

/** What became of a call. */
export type Called<T> = { readonly result: 'ok'; readonly value: T } | { readonly result: 'failed'; readonly failure: Failure };

/** Only what control asks of the package. */
export type CallsTo = Pick<PackageCalls, 'fetch' | 'send' | 'service'>;

/** A camera that is known. */
export interface KnownCamera {
  readonly session: SoapSession;
  readonly profile: CameraProfile;
}

/** What every act of the control needs. */
export interface ControlWorld {
  readonly env: Env;
  /** @throws cameras.unknown, cameras.not-ready */
  find(camera: string): KnownCamera;
  /** All cameras that answer now. */
  known(): readonly (KnownCamera & { readonly id: string })[];
  /** Calls to a camera, over its loop's session. @throws cameras.unknown, cameras.not-ready */
  reach(camera: string): Promise<Called<CallsTo>>;
  /** Aborts when the room closes. */
  readonly closed: AbortSignal;
}

/** Opens the world of the control. Where services answer is asked once for each time that a camera was got to know. */
export function openControlWorld({ find, known }: Pick<ControlWorld, 'find' | 'known'>, closed: AbortSignal, env: Env): ControlWorld {
  const addresses = new WeakMap<CameraProfile['services'], PackageCalls['cam']['uri']>();
  return {
    env,
    find,
    known,
    closed,
    async reach(camera) {
      const { session, profile } = find(camera);
      const calls = openPackage(session, closed);
      const told = addresses.get(profile.services);
      if (told) calls.cam.uri = told;
      else {
        const asked = await findServices(calls);
        if (asked.result === 'failed') return asked;
        addresses.set(profile.services, calls.cam.uri);
      }
      return { result: 'ok', value: calls };
    },
  };
}
