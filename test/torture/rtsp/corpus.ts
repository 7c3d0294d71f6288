// What is broken: messages of real programs, as they were recorded, and what stands in the field notes of cameras.
import { readFileSync } from 'node:fs';

interface Recording {
  readonly sessions: readonly {
    readonly codec: 'h264' | 'h265';
    readonly client: string;
    readonly requests: readonly string[];
    readonly replies: readonly string[];
    readonly packets: readonly string[];
    readonly reports: readonly string[];
  }[];
}

const recording = JSON.parse(readFileSync(new URL('../recordings/rtsp.json', import.meta.url), 'utf8')) as Recording;
const text = (words: string): Buffer => Buffer.from(words, 'latin1');
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** One camera's side of a conversation. */
export interface Script {
  readonly codec: 'h264' | 'h265' | 'jpeg';
  /** Answers to OPTIONS, DESCRIBE (first refused), SETUP and PLAY. */
  readonly replies: readonly Buffer[];
  /** Interleaved packets, sound among them. */
  readonly packets: readonly Buffer[];
}

const reply = (head: string, body = ''): Buffer =>
  text(`RTSP/1.0 ${head}\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`);

/** RTP of JPEG (RFC 2435 §3.1), two packets a frame. */
const jpegPackets = [0, 1, 2, 3].map((at) => {
  const packet = Buffer.alloc(4 + 12 + 8 + 600, 0x5a);
  packet.set([
    0x24,
    0,
    620 >> 8,
    620 & 0xff,
    0x80,
    (at % 2) * 0x80 + 26,
    0,
    at,
    0,
    0,
    at >> 1,
    0,
    0,
    0,
    0,
    9,
    0,
    0,
    (at % 2) * 2,
    0x58,
    1,
    80,
    40,
    30,
  ]);
  return packet;
});

const quirkySdp = [
  'v=0',
  's=a',
  's=b',
  'c=IN IP4',
  'a=control:rtsp://admin:secret@10.1.2.3:554/Streaming/Channels/101/',
  'm=audio 0 RTP/AVP 8',
  'a=control:trackID=2',
  'm=video 0 RTP/AVP 26 96',
  'a=control:trackID=1',
  'a=rtpmap:96 H264/90000 ',
  'a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z00AKY2NQDwBE/LgLcBAQFAAAD6AAAw1DoYACYFAABMS0C7y40MAATAoAAJiWgXeXCg=,aO44gA==',
  'm=application 0 RTP/AVP 107',
  'a=rtpmap:107 vnd.onvif.metadata/90000',
  '',
].join('\r\n');

const session = 'Session: 1185d20035702ca;timeout=30\r\n';
const jpegScript: Script = {
  codec: 'jpeg',
  replies: [
    reply('200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER'),
    reply(
      '401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Basic realm="cam"\r\nWWW-Authenticate: Digest realm="cam", nonce="4f2a", qop="auth,auth-int", algorithm=SHA-256, opaque="5c\\"c", stale=FALSE',
    ),
    reply('200 OK\r\nCSeq: 3\r\nContent-Base: rtsp://10.1.2.3/live/\r\nContent-Type: application/sdp', quirkySdp),
    reply(`200 OK\r\nCSeq: 4\r\n${session}Transport: RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=0000CAFE;mode="play"`),
    reply(`200 OK\r\nCSeq: 5\r\n${session}Range: npt=0-\r\nRTP-Info: url=trackID=1;seq=1;rtptime=0`),
  ],
  packets: [...jpegPackets, ...jpegPackets],
};

const recorded = recording.sessions.filter(({ packets }) => packets.length > 0);

/** Cameras' sides of conversations. */
export const scripts: readonly Script[] = [
  ...recorded.map(({ codec, replies, packets, reports }) => ({
    codec,
    replies: replies.slice(0, 4).concat(replies.slice(-1)).map(text),
    packets: [...packets, ...reports].map(hex),
  })),
  jpegScript,
];

/** Readers' requests in their order, a session each; addresses as they were recorded. */
export const requestScripts: readonly (readonly Buffer[])[] = recording.sessions.map(({ requests }) => requests.map(text));

/** What readers send beside requests: RTCP, interleaved. */
export const readerReports: readonly Buffer[] = recording.sessions.flatMap(({ reports }) => reports.map(hex));

/** RTP and RTCP without the head of the connection. */
export const datagrams: readonly Buffer[] = scripts.flatMap(({ packets }) => packets.map((packet) => packet.subarray(4)));

/** Descriptions. */
export const descriptions: readonly Buffer[] = [
  text(quirkySdp),
  ...scripts.flatMap(({ replies }) =>
    replies.flatMap((bytes) => {
      const start = bytes.indexOf('\r\n\r\nv=0');
      return start < 0 ? [] : [bytes.subarray(start + 4)];
    }),
  ),
];

/** Challenges of devices, as headers say them. */
export const challenges: readonly Buffer[] = [
  'Digest realm="GStreamer RTSP Server", nonce="1bac7f1693f044f4"',
  'Basic realm="/"',
  'Digest realm="IP Camera(12345)", nonce="d41d8cd98f00b204e9800998ecf8427e", stale="FALSE"',
  'Digest qop="auth", realm="AXIS_ACCC8E012345", nonce="0012a9b4Y3420", algorithm="MD5", stale=TRUE, Digest realm="x", nonce="y", algorithm=SHA-256, qop="auth-int,auth"',
  'Basic realm="a", Digest realm="b\\"c", nonce="1", opaque="", algorithm=MD5-sess, qop="auth"',
].map(text);

/** What players and others ask of the doors over HTTP; TOKEN stands for a right token. */
export const webRequests: readonly Buffer[] = [
  'GET /s/TOKEN HTTP/1.1\r\nHost: 127.0.0.1:8555\r\nUser-Agent: Lavf/59.27.100\r\nAccept: */*\r\nRange: bytes=0-\r\nConnection: close\r\nIcy-MetaData: 1\r\n\r\n',
  'GET /s/TOKEN/cam.flv?x=1 HTTP/1.1\r\nHost: hub.example\r\nOrigin: https://hub.example\r\nAccept-Encoding: gzip, deflate\r\n\r\n',
  'GET /still/TOKEN HTTP/1.1\r\nHost: hub.example\r\nAccept: image/jpeg\r\n\r\n',
  'GET /s/TOKEN HTTP/1.1\r\nHost: hub.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'POST /s/TOKEN HTTP/1.1\r\nHost: hub.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET /s/TOKEN HTTP/1.0\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT hub.example:443 HTTP/1.1\r\nHost: hub.example\r\n\r\n',
  'GET /still/TOKEN HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789',
].map(text);

/** What a player says in a WebSocket: a message, a ping, a pong, an end. */
export const webSocketFrames: readonly Buffer[] = [
  '8185010203046967 6f686e',
  '898301020304 606062',
  '8a8001020304',
  '888201020304 02ea',
].map((digits) => hex(digits.replaceAll(' ', '')));

/** What our own child answers: a file's header and tags. */
export const flvParts: readonly Buffer[] = [
  '464c5601050000000900000000',
  '12000009000000000000000200066f6e4d6574000000000014',
  '090000130000000000000017000000000142c00dffe1000467 42c00d0100000000001e',
  '0900000e000028000000001701000000000000056588800001 00000019',
  '0900000e0000000000000027010000000000000541 9a210142 00000019',
  '0900000e0000500000000027010000000000000541 9a210142 00000019',
  '0900000d00005000000000916876633100000000000000022601 00000018',
].map((digits) => hex(digits.replaceAll(' ', '')));

/** Answers of servers that pictures are pushed to. */
export const pushReplies: readonly Buffer[] = [
  reply('401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="hub", nonce="n1", qop="auth"'),
  reply('200 OK\r\nCSeq: 2\r\nServer: gortsplib'),
  reply('200 OK\r\nCSeq: 3\r\nSession: 5f3a;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record'),
  reply('200 OK\r\nCSeq: 4\r\nSession: 5f3a'),
];

/** Answers of cameras to the first request of the tunnel, and to that for a still. */
export const webReplies: readonly Buffer[] = [
  'HTTP/1.0 200 OK\r\nServer: gst\r\nConnection: close\r\nCache-Control: no-store\r\nPragma: no-cache\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n',
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth"\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 8\r\n\r\n\xff\xd8\xff\xe0\0\0\xff\xd9',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n\xff\xd8\xff\xe0\0\0\xff\xd9\r\n0\r\n\r\n',
].map(text);

/** First words of an RTMP server: its handshake, and the window, bandwidth and chunk size that it announces (Adobe RTMP 1.0 §5.2, §5.4). */
export const rtmpReplies: readonly Buffer[] = [
  Buffer.concat([Buffer.from([3]), Buffer.alloc(1536 * 2, 0x33)]),
  hex('02000000000004050000000000 4c4b40'.replaceAll(' ', '')),
  hex('020000000000050600000000004c4b4002'),
  hex('02000000000004010000000000001000'),
  hex('0300000000001d14000000000200075f726573756c74003ff000000000000005030000090500'),
];

const capitals = 'RTSP/1.0 200 a:\n';
/** What is dear to read for who reads it carelessly: long runs, much of everything, heads within heads. */
export const dearOnes: readonly Buffer[] = [
  `m=video 0 RTP/AVP 96\r\na=fmtp:96${' '.repeat(30_000)}${'x'.repeat(30_000)}\r\n`,
  `m=video 0 RTP/AVP 96\r\na=rtpmap:96${' '.repeat(60_000)}H264`,
  'm=video 0 RTP/AVP 96\r\n'.repeat(2_700),
  'a=control:x\r\n'.repeat(5_000),
  `Digest ${'a'.repeat(4_000)}`,
  `Digest ${'a="\\"'.repeat(800)}`,
  'Digest realm="x", nonce="y", '.repeat(140),
  'RTSP/1.'.repeat(2_300),
  `${capitals.repeat(1_020)}\n`,
  'RTSP/1.0 200\n\n'.repeat(4_000),
  `RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n${'v'.repeat(65_536)}`,
  'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(2_000),
  `OPTIONS * RTSP/1.0\r\n${'A: b\r\n'.repeat(1_300)}\r\n`,
  `SETUP rtsp://h/s/${'/'.repeat(2_000)} RTSP/1.0\r\nCSeq: 1\r\nTransport: ${'RTP/AVP/TCP;interleaved=0-1,'.repeat(200)}\r\n\r\n`,
  '$\0\0\0'.repeat(16_000),
  `$\0\xff\xff\x80\x60${'\0'.repeat(65_533)}`.repeat(2),
  `$\0\xea\x60\x80\x60\0\0\0\0\0\0\0\0\0\0\x78${'\0\0'.repeat(29_993)}`,
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_500),
  `GET /${'x'.repeat(7_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  '\x89\x80\0\0\0\0'.repeat(10_000),
  '\x82\xfe\x04\0\0\0\0\0'.repeat(100),
].map(text);
