// Asking a camera for a key frame now, so that whoever begins to look need not wait for the next one (SetSynchronizationPoint, ONVIF Media §5.14).
import type { Quality } from '#model';
import { type CallResult, composeEnvelope, type SoapSession } from '../soap/index.ts';
import { escapeXml } from '../xml/index.ts';
import type { CameraProfile } from './identify.ts';

/** Which picture. */
export interface PictureOf {
  readonly channel: number;
  readonly quality: Quality;
}

const spaces = { media2: 'http://www.onvif.org/ver20/media/wsdl', media1: 'http://www.onvif.org/ver10/media/wsdl' };

/** Undefined where the camera has no such picture, or no media service to ask. Rejects with the reason of `signal` alone. */
export async function askKeyFrame(
  { session, profile }: { readonly session: SoapSession; readonly profile: CameraProfile },
  { channel, quality }: PictureOf,
  signal: AbortSignal,
): Promise<CallResult | undefined> {
  const token = profile.channels.find((one) => one.channel.number === channel)?.profiles[quality].token;
  if (token === undefined || profile.media === 'none' || profile.mediaService === undefined) return undefined;
  const body = `<SetSynchronizationPoint xmlns="${spaces[profile.media]}"><ProfileToken>${escapeXml(token)}</ProfileToken></SetSynchronizationPoint>`;
  const call = { url: new URL(profile.mediaService), envelope: composeEnvelope(body), expect: 'SetSynchronizationPointResponse' };
  return await session.call(call, signal);
}
