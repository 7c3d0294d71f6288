// What a camera's own analysis says, fetched by name: that track alone, however long it is silent, and never beside pictures.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { chooseTrack, describeTrack, parseSdp } from '../../src/streams/rtsp/index.ts';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const run = promisify(execFile);
const sdp = [
  'v=0',
  's=-',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:track1',
  'm=audio 0 RTP/AVP 0',
  'a=control:track2',
  'm=application 0 RTP/AVP 107',
  'a=rtpmap:107 vnd.onvif.metadata/90000',
  'a=control:track3',
  '',
].join('\r\n');

describe('metadata', () => {
  it.each([
    ['plain', sdp, 107],
    ['packed, which might be sound', sdp.replace('metadata/', 'metadata.gzip/'), undefined],
    ['said to be audio', sdp.replace('m=application', 'm=audio'), undefined],
    ['not there', sdp.slice(0, sdp.indexOf('m=application')), undefined],
  ])('is chosen rightly when it is %s', (_name, text, payloadType) => {
    const track = chooseTrack(parseSdp(text), 'metadata');
    expect(track?.payloadType).toBe(payloadType);
    if (track) expect(chooseTrack(parseSdp(describeTrack(track)), 'metadata')).toMatchObject({ codec: 'metadata', payloadType: 107 });
  });

  it('is relayed alone and untouched, and its silence is none of the camera', async () => {
    await using camera = await openQuirkyCamera({ sdp, metadata: 3 });
    await using relay = openRelay({ frameTimeout: '1s' });
    const lease = makeLease(camera.url, { quality: 'metadata' });
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    const { text } = await reader.ask('DESCRIBE', url);
    expect(text.match(/^m=.*|^a=rtpmap.*/gm)).toEqual(['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000']);
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => reader.packets.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(relay.events.some(({ event }) => event === 'source-failed')).toBe(false);
    expect(camera.asked.filter((asked) => asked.startsWith('SETUP'))).toEqual([expect.stringMatching(/track3$/)]);
    const { paths, sessions } = await relay.streams.status();
    expect(paths).toMatchObject([{ quality: 'metadata', codec: 'metadata', state: 'ready', frames: 3 }]);
    expect(sessions).toMatchObject([{ quality: 'metadata' }]);
    expect(relay.events.some(({ event }) => event === 'needs-key-frame')).toBe(false);
  });

  it('is read by GStreamer', async () => {
    await using camera = await openQuirkyCamera({ sdp, metadata: 3 });
    await using relay = openRelay();
    const lease = makeLease(camera.url, { quality: 'metadata' });
    await relay.streams.admit(leaseOf(lease));
    const source = ['rtspsrc', `location=${relay.streams.address('stream', lease.token)}`, 'protocols=tcp', 'latency=0'];
    const take = ['application/x-rtp,media=application', '!', 'identity', 'silent=false', 'eos-after=2', '!', 'fakesink', 'sync=false'];
    // It ends its own pipeline in the middle of its start, and may complain of that.
    const reading = run('gst-launch-1.0', ['-v', ...source, '!', ...take], { timeout: 15_000 });
    const { stdout } = await reading.catch((error: { readonly stdout: string }) => error);
    expect(stdout).toMatch(/encoding-name=\(string\)VND\.ONVIF\.METADATA/);
    expect(stdout).toMatch(/last-message = chain/);
  });

  it('that a camera has none of is said, and never replaced by its pictures', async () => {
    await using camera = await openQuirkyCamera();
    await using relay = openRelay({ openTimeout: '1s' });
    const lease = makeLease(camera.url, { quality: 'metadata' });
    await relay.streams.admit(leaseOf(lease));
    using reader = await openRawReader(relay.streams.address('stream', lease.token));
    expect((await reader.ask('DESCRIBE', relay.streams.address('stream', lease.token))).status).toBe(503);
    expect(await relay.until('source-failed')).toMatchObject({ text: { en: expect.stringMatching(/no ONVIF metadata: video audio/) } });
    expect(camera.asked.some((asked) => asked.startsWith('SETUP'))).toBe(false);
  });
});
