// Asking for a key frame: every vendor takes it for each picture that it was found to have.
import { expect, it } from 'vitest';
import { camerasOptions } from '#cameras/options';
import { openSimulatedSite } from '#simulator';
import { askKeyFrame, identifyCamera } from '../../../src/cameras/onvif/index.ts';
import { openLoginGate, openSession } from '../../../src/cameras/soap/index.ts';
import { personalityNames } from '../../../src/simulator/cameras/index.ts';
import { env } from '../fake-deps.ts';

const never = new AbortController().signal;

it('is understood by every vendor, by the media service that told the profiles', async () => {
  await using site = await openSimulatedSite({ cameras: personalityNames.map((personality) => ({ id: personality, personality })) }, env);
  const options = camerasOptions.parse({});
  for (const { id, address, login } of site.cameras) {
    const base = new URL(`http://${address}/onvif/device_service`);
    using session = openSession(options, { base, login, gate: openLoginGate(options, env.clock) }, env);
    const identified = await identifyCamera(session, never);
    if (identified.result !== 'ok') throw new Error(`${id} is not identified`);
    const { profile } = identified;
    for (const quality of ['main', 'sub'] as const)
      expect(await askKeyFrame({ session, profile }, { channel: 1, quality }, never), id).toMatchObject({ result: 'ok' });
    expect(await askKeyFrame({ session, profile }, { channel: 99, quality: 'main' }, never)).toBeUndefined();
    expect(
      await askKeyFrame({ session, profile: { ...profile, mediaService: undefined } }, { channel: 1, quality: 'main' }, never),
    ).toBeUndefined();
  }
});
