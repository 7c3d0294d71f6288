// The section `streams` of the configuration: where readers come in, and how long a camera is kept open for them.
import { z } from 'zod';
import { durationOption, rateOption, secretOption, sizeOption } from '#base';
import { parsePushAddress } from './push-address.ts';

const maxPort = 65_535;
const port = z.number().int().min(0).max(maxPort);

const rtspListener = z.strictObject({
  host: z.string().min(1).max(255).default('0.0.0.0').describe('Address to listen on for RTSP readers. Default 0.0.0.0 (every interface).'),
  port: port.default(8554).describe('TCP port for RTSP readers, 0 … 65535; 0 takes a free one. Default 8554.'),
  udpPort: port
    .max(65_534)
    .multipleOf(2)
    .default(8556)
    .describe(
      'UDP port for readers that want RTP over UDP, even; the next one is for RTCP. 0 takes a free pair. Bound when the first one asks; never with tls. Default 8556.',
    ),
});

const httpListener = z.strictObject({
  host: z.string().min(1).max(255).default('127.0.0.1').describe('Address to listen on for stills and FLV over HTTP. Default 127.0.0.1.'),
  port: port.default(8555).describe('TCP port for stills and FLV over HTTP and WebSocket, 0 … 65535; 0 takes a free one. Default 8555.'),
});

const advertised = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_[\]-]{1,255}$/)
    .default('127.0.0.1')
    .describe('Host that addresses given to the hub carry: the one by which the hub reaches this gateway. Default 127.0.0.1.'),
  rtspPort: port
    .min(1)
    .optional()
    .describe('RTSP port in those addresses, 1 … 65535, where a router maps it. Default: the port listened on.'),
  httpPort: port
    .min(1)
    .optional()
    .describe('HTTP port in those addresses, 1 … 65535, where a router maps it. Default: the port listened on.'),
});

const certificate = z.strictObject({
  cert: z.string().min(1).describe('File with the certificate chain, PEM.'),
  key: z.string().min(1).describe('File with the private key, PEM.'),
});

const pushTo = z.strictObject({
  address: z
    .string()
    .refine((text) => parsePushAddress(text) !== undefined, {
      message: 'expected rtsp://, rtsps://, rtmp:// or rtmps:// with host and path',
    })
    .describe(
      'rtsp://, rtsps://, rtmp:// or rtmps:// with host and path, without a name or password: pictures may go to it and to what lies below.',
    ),
  user: z.string().min(1).max(256).optional().describe('User name for RTSP, where it asks for one (Digest; Basic over rtsps alone).'),
  password: secretOption().optional().describe('Where the password for it lies: { file: PATH } or { credential: NAME }.'),
  ca: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('File with the authorities (PEM) that its certificate must lead to. Default: those of the system.'),
});

/** Between the ports of one process and those of the next. */
export const portStep = 10;
/** Those of the relay's listeners; UDP ports are pairs, of which these are the first. */
const portNames = ['rtsp.port', 'http.port', 'rtsp.udpPort', 'advertise.rtspPort', 'advertise.httpPort'] as const;

const sections = z.strictObject({
  rtsp: rtspListener.prefault({}).describe('Where RTSP readers come in.'),
  http: httpListener.prefault({}).describe('Where stills and FLV are fetched; FLV carries H.264 and H.265 (Enhanced RTMP), no JPEG.'),
  advertise: advertised.prefault({}).describe('What the addresses given to the hub say.'),
  processes: z
    .int()
    .min(1)
    .max(8)
    .default(1)
    .describe(
      'Processes that relay, 1 … 8; cameras are spread among them by their names. The second listens on each port + 10, the third + 20 and so on, also in advertise and for UDP. Default 1.',
    ),
  tls: certificate.optional().describe('Certificate for both listeners: they then speak RTSPS and HTTPS only. Default: none, for a VPN.'),
  allowFrom: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .max(100)
    .default([])
    .describe(
      'Networks that readers may come from, as CIDR, up to 100; a right token from elsewhere is taken for a wrong one. Default: all.',
    ),
  ffmpeg: z
    .string()
    .regex(/^\/\P{Cc}+$/u)
    .max(4096)
    .default('/usr/bin/ffmpeg')
    .describe(
      'The program that makes a still of a key frame where a camera offers no stills; not needed otherwise. Default /usr/bin/ffmpeg.',
    ),
  pushTo: z
    .array(pushTo)
    .max(50)
    .default([])
    .describe('Where pictures may be pushed to when the hub cannot reach in, up to 50. Default: nowhere.'),
  estimate: z
    .strictObject({
      main: rateOption({ min: '16kbit', max: '1Gbit', default: '4Mbit' }).describe('Of a main stream, 16kbit … 1Gbit. Default 4Mbit.'),
      sub: rateOption({ min: '16kbit', max: '1Gbit', default: '1Mbit' }).describe('Of a sub stream, 16kbit … 1Gbit. Default 1Mbit.'),
    })
    .prefault({})
    .describe('What a stream is taken to need of uplink.bandwidth until it was measured, where its camera does not say.'),
  closeAfter: durationOption({ min: '0s', max: '10m', default: '10s' }).describe(
    'How long a camera stays open after its last reader left, 0s … 10m. Default 10s.',
  ),
  openTimeout: durationOption({ min: '1s', max: '2m', default: '10s' }).describe(
    'How long readers wait for a camera to open, or to come back, 1s … 2m. Default 10s.',
  ),
  frameTimeout: durationOption({ min: '1s', max: '2m', default: '10s' }).describe(
    'A camera that sends no picture for this long is opened anew, 1s … 2m. Default 10s.',
  ),
  openWithin: durationOption({ min: '1s', max: '60s', default: '60s' }).describe(
    'An address that nobody opens within this time never opens, 1s … 60s. Default 60s.',
  ),
  maxReaders: z.number().int().min(1).max(100).default(4).describe('Readers at the same time on one address, 1 … 100. Default 4.'),
  maxConnections: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1_000)
    .describe('RTSP connections at the same time, 1 … 10000; more are closed at once. Default 1000.'),
  allowBasic: z
    .boolean()
    .default(false)
    .describe(
      'Whether a password may be sent in clear (HTTP Basic) to a camera that asks for nothing better, true or false: whoever is in the camera’s place can read it. Default false.',
    ),
  readerBuffer: sizeOption({ min: '256KiB', max: '64MiB', default: '4MiB' }).describe(
    'Bytes that may wait for a slow reader, 256KiB … 64MiB; beyond, it loses pictures up to the next key frame. Default 4MiB.',
  ),
  gopMemory: sizeOption({ min: '1MiB', max: '4GiB', default: '256MiB' }).describe(
    'Memory for the pictures since the last key frame of all open cameras, which new readers get at once, 1MiB … 4GiB; of one camera at most readerBuffer. Beyond, the camera that was longest not asked for gives its up. Default 256MiB.',
  ),
});

/** Options of the relay. `{}` is complete. */
export const streamsOptions = sections.superRefine((options, context) => {
  for (const name of options.processes === 1 ? [] : portNames) {
    const { port: last = 0 } = portsOf(options, name).at(-1) ?? {};
    if (last <= (name === 'rtsp.udpPort' ? maxPort - 1 : maxPort)) continue;
    const text = {
      en: `with ${options.processes} processes ${name} goes up to ${last}, beyond ${maxPort}`,
      ko: `프로세스 ${options.processes}개면 ${name}이(가) ${last}까지 쓰여 ${maxPort}을(를) 넘습니다`,
    };
    context.addIssue({ code: 'custom', path: ['processes'], message: text.en, params: { text } });
  }
});

export type StreamsOptions = z.output<typeof sections>;

/** The port that each process has of one of its listeners, counted from 0; none where it is a free one or left out. */
export function portsOf(
  options: StreamsOptions,
  name: (typeof portNames)[number],
): readonly { readonly process: number; readonly port: number }[] {
  const { rtsp, http, advertise, processes } = options;
  const first = {
    'rtsp.port': rtsp.port,
    'http.port': http.port,
    'rtsp.udpPort': rtsp.udpPort,
    'advertise.rtspPort': advertise.rtspPort,
    'advertise.httpPort': advertise.httpPort,
  }[name];
  return first ? Array.from({ length: processes }, (_, process) => ({ process, port: first + process * portStep })) : [];
}
