// Stream descriptions: the quirks of cameras, what readers get of them, and properties.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleavedOffer, parseSession, resolveControl } from '../../src/streams/rtsp/headers.ts';
import { chooseTrack, describeTrack, parseSdp } from '../../src/streams/rtsp/sdp.ts';

const hikvision = `v=0
o=- 1109162014219182 1 IN IP4 10.1.2.3
s=Media Presentation
s=a second name
e=NONE
b=AS:5100
t=0 0
a=control:rtsp://admin:secret@10.1.2.3:554/Streaming/Channels/101/
m=video 0 RTP/AVP 96
c=IN IP4
a=control:rtsp://admin:secret@10.1.2.3:554/Streaming/Channels/101/trackID=1
a=rtpmap:96 H264/90000 
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z00AKY2NQDwBE/LgLcBAQFAAAD6AAAw1DoYACYFAABMS0C7y40MAATAoAAJiWgXeXCg=,aO44gA==; x-camera=10.1.2.3
m=audio 0 RTP/AVP 8
a=control:rtsp://10.1.2.3:554/Streaming/Channels/101/trackID=2
a=rtpmap:8 PCMA/8000
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
a=Media_header:MEDIAINFO=494D4B48010300000400000111710110;
`;

describe('stream descriptions', () => {
  it('gives readers one video track with its parameter sets and nothing else of the camera', () => {
    const track = chooseTrack(parseSdp(hikvision), 'video');
    expect(track).toMatchObject({ codec: 'h264', payloadType: 96 });
    const text = track ? describeTrack(track) : '';
    expect(text).toContain('sprop-parameter-sets=Z00AKY2NQDwBE/LgLcBAQFAAAD6AAAw1DoYACYFAABMS0C7y40MAATAoAAJiWgXeXCg=,aO44gA==');
    expect(text.match(/^m=/gm)).toEqual(['m=']);
    expect(text).not.toMatch(/audio|10\.1\.2\.3|admin|secret|PCMA|Streaming|x-camera/);
  });

  it.each([
    ['H.265', 'm=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\n', 'h265'],
    ['HEVC by its other name', 'm=video 0 RTP/AVP 97\r\na=rtpmap:97 hevc/90000\r\n', 'h265'],
    ['JPEG without rtpmap', 'm=video 0 RTP/AVP 26\r\n', 'jpeg'],
    ['the secure profile with feedback', 'm=video 0 RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n', 'h264'],
    ['video after audio', 'm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n', 'h264'],
    ['MPEG-TS, which may hide sound', 'm=video 0 RTP/AVP 33\r\na=rtpmap:33 MP2T/90000\r\n', undefined],
    ['an unknown codec', 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 VP9/90000\r\n', undefined],
    ['no rtpmap of a dynamic type', 'm=video 0 RTP/AVP 96\r\n', undefined],
    ['audio that says it is H264', 'm=audio 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n', undefined],
    ['raw UDP', 'm=video 0 udp 96\r\na=rtpmap:96 H264/90000\r\n', undefined],
    ['nothing', '', undefined],
  ])('chooses %s: rightly', (_name, text, codec) => {
    expect(chooseTrack(parseSdp(text), 'video')?.codec).toBe(codec);
  });

  it('never throws, stays bounded, and what it writes never holds more than the one track', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc
        .tuple(
          fc.constantFrom('m=', 'a=rtpmap:', 'a=fmtp:', 'a=control:', 'm=video 0 RTP/AVP ', 'a=rtpmap:96 H264/'),
          fc.string({ maxLength: 40 }),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 600 }), (lines) => {
        const sdp = parseSdp(lines.join('\n'));
        expect(sdp.media.length).toBeLessThanOrEqual(32);
        expect(sdp.problems.length).toBeLessThanOrEqual(16);
        const track = chooseTrack(sdp, 'video');
        if (track) expect(describeTrack(track).match(/^m=/gm)).toHaveLength(1);
      }),
    );
  });

  it('reads its own description back', () => {
    const track = {
      codec: 'h265',
      payloadType: 98,
      control: 'trackID=0',
      parameters: 'sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE=',
    } as const;
    expect(chooseTrack(parseSdp(describeTrack(track)), 'video')).toEqual(track);
  });
});

describe('addresses and headers of a camera', () => {
  it.each([
    ['rtsp://h/p', undefined, 'rtsp://h/p'],
    ['rtsp://h/p/', '*', 'rtsp://h/p/'],
    ['rtsp://h/p', 'trackID=1', 'rtsp://h/p/trackID=1'],
    ['rtsp://h/p/', '/trackID=1', 'rtsp://h/p/trackID=1'],
    ['rtsp://h/p?q=1', 'trackID=1', 'rtsp://h/p?q=1/trackID=1'],
    ['rtsp://h/p', 'rtsp://u:p@other/x', 'rtsp://other/x'],
  ])('hangs on %s the control %s: %s', (base, control, url) => {
    expect(resolveControl(base, control)).toBe(url);
  });

  it.each([
    ['RTP/AVP/TCP;unicast;interleaved=0-1', { rtp: 0, rtcp: 1 }],
    ['RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=AA', { rtp: 4, rtcp: 5 }],
    ['RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=2-3', { rtp: 2, rtcp: 3 }],
    ['RTP/AVP/TCP;unicast', { rtp: 8, rtcp: 9 }],
    ['rtp/avp/tcp; unicast; interleaved=6', { rtp: 6, rtcp: 7 }],
    ['RTP/AVP;unicast;client_port=5000-5001', undefined],
    ['RTP/AVP/TCP;interleaved=300-301', undefined],
    ['', undefined],
  ])('reads the transport %s', (value, channels) => {
    expect(interleavedOffer(value, { rtp: 8, rtcp: 9 })).toEqual(channels);
  });

  it.each([
    ['12345678;timeout=30', { id: '12345678', timeoutS: 30 }],
    ['abc', { id: 'abc', timeoutS: 60 }],
    ['abc; Timeout = 15', { id: 'abc', timeoutS: 15 }],
    ['abc;timeout=0', { id: 'abc', timeoutS: 60 }],
    ['abc;timeout=x', { id: 'abc', timeoutS: 60 }],
  ])('reads the session %s', (value, session) => {
    expect(parseSession(value)).toEqual(session);
  });
});
