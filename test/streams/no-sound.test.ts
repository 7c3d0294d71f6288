// No sound, whatever a camera offers: it is not asked for, not described, and not in what a reader gets.
import { describe, expect, it } from 'vitest';
import { openQuirkyCamera } from './quirky-camera.ts';
import { openRawReader, startPlaying, until } from './raw-reader.ts';
import { leaseOf, makeLease, openRelay } from './site.ts';

const video = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:picture'];
const aac = ['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000/1', 'a=fmtp:97 mode=AAC-hbr;config=1408', 'a=control:sound'];
const pcmu = ['m=audio 0 RTP/AVP 0', 'a=control:sound'];
const backchannel = ['m=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=sendonly', 'a=control:speaker'];
const ts = ['m=video 0 RTP/AVP 33', 'a=rtpmap:33 MP2T/90000', 'a=control:mixed'];

function sdpOf(...tracks: readonly (readonly string[])[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=cam', 't=0 0', ...tracks.flat(), ''].join('\r\n');
}

describe('a camera', () => {
  it.each([
    ['AAC', sdpOf(video, aac)],
    ['PCMU, before its pictures', sdpOf(pcmu, video)],
    ['a backchannel', sdpOf(video, backchannel)],
    ['a backchannel before its pictures, and AAC', sdpOf(backchannel, video, aac)],
    ['MPEG-TS beside its pictures', sdpOf(ts, video)],
  ])('with %s is asked for its pictures alone, and nothing else reaches a reader', async (_, sdp) => {
    await using camera = await openQuirkyCamera({ sdp });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    const parts: Buffer[] = [];
    reader.socket.on('data', (bytes: Buffer) => parts.push(bytes));
    expect(await startPlaying(reader, url)).toBe(200);
    await until(() => reader.packets.length > 50);
    expect(camera.asked.filter((line) => line.startsWith('SETUP'))).toEqual([expect.stringMatching(/\/picture$/)]);
    const all = Buffer.concat(parts).toString('latin1');
    expect(all.match(/^m=.*$/gm)).toEqual(['m=video 0 RTP/AVP 96']);
    // The camera puts packets of sound into the channel of its pictures all the same.
    expect(all).not.toMatch(/SOUND|MPEG4|PCM|MP2T|sendonly/);
  });

  it('that has MPEG-TS alone has no picture to show, and is asked for none', async () => {
    await using camera = await openQuirkyCamera({ sdp: sdpOf(ts) });
    await using relay = openRelay();
    const lease = makeLease(camera.url);
    await relay.streams.admit(leaseOf(lease));
    const url = relay.streams.address('stream', lease.token);
    using reader = await openRawReader(url);
    expect(await startPlaying(reader, url)).toBe(503);
    expect(await relay.until('source-failed')).toMatchObject({ reason: 'no-video' });
    expect(camera.asked.filter((line) => /^(SETUP|PLAY)/.test(line))).toEqual([]);
    expect(reader.bytes).toBeLessThan(200);
  });
});
