// The hub session's section of the configuration.
import { z } from 'zod';
import { durationOption, secretOption, sizeOption, statedRate } from '#base';

export { destinationsOptions } from './destinations.ts';

const path = z.string().min(1).max(4096);

const tlsOptions = z
  .strictObject({
    ca: path
      .optional()
      .describe('File with the certificates (PEM) that the broker’s certificate must lead to. Without it, those of the system count.'),
    cert: path
      .optional()
      .describe('File with this gateway’s certificate (PEM), read again at every connection: a renewal needs no restart.'),
    key: path.optional().describe('File with the private key (PEM) of that certificate. Readable for the gateway’s user alone.'),
    servername: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,253}$/)
      .optional()
      .describe('Name that the broker’s certificate must carry, where it is not the host of the address (inside a VPN, for example).'),
    pins: z
      .array(z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'expected a SHA-256 in base64: 44 characters'))
      .max(8)
      .default([])
      .describe(
        'SHA-256 of the public key (SubjectPublicKeyInfo, in base64) of the broker’s certificate or of one above it. With pins, one must fit, beside all else; up to 8.',
      ),
    ciphers: z
      .string()
      .regex(/^[A-Za-z0-9_:+!@=-]{1,1000}$/)
      .optional()
      .describe(
        'Cipher suites that may be used, as OpenSSL lists them (ECDHE-ARIA256-GCM-SHA384, for example). Without it, Node’s own list.',
      ),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Oldest version of TLS that may be used.'),
    maxVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.3').describe('Newest version of TLS that may be used.'),
  })
  .refine((tls) => tls.minVersion <= tls.maxVersion, { message: 'is older than minVersion', path: ['maxVersion'] })
  .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), { message: 'cert and key go together', path: ['key'] })
  .prefault({});

const urlOption = z
  .string()
  .regex(/^mqtts?:\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?\/?$/, 'expected mqtts://HOST:PORT or mqtt://HOST:PORT');
const usernameOption = z.string().min(1).max(128);
const bandwidthOption = statedRate({ min: '64kbit', max: '100Gbit' }).optional();
const routeOptions = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'expected 1 to 40 of a–z, 0–9 and hyphen')
    .describe('Name of the route, told in status and conditions: 1 to 40 of a–z, 0–9 and hyphen.'),
  url: urlOption.describe('Address of the hub’s broker on this route, as uplink.url.'),
  tls: tlsOptions.describe('Certificates of this route; only with mqtts.'),
  username: usernameOption.optional().describe('Name for the broker on this route, 1 to 128 characters, where it asks for one.'),
  password: secretOption().optional().describe('Where the password for it lies: { file: PATH } or { credential: NAME }.'),
  bandwidth: bandwidthOption.describe('What this route carries upwards, as uplink.bandwidth.'),
});
export type RouteOptions = z.output<typeof routeOptions>;

const sectionOptions = z.strictObject({
  url: urlOption
    .optional()
    .describe(
      'Address of the hub’s broker: mqtts://HOST:8883 (TLS), or mqtt://HOST:1883 inside a VPN alone. It is the first route, named direct; may be left out where uplink.routes names one.',
    ),
  tls: tlsOptions.describe('Certificates of the TLS connection to uplink.url; only with mqtts.'),
  username: usernameOption.optional().describe('Name for the broker at uplink.url, 1 to 128 characters, where it asks for one.'),
  password: secretOption().optional().describe('Where the password for it lies: { file: PATH } or { credential: NAME }.'),
  bandwidth: bandwidthOption.describe(
    'What the line to uplink.url carries upwards in a second, 64kbit to 100Gbit: no more pictures are let on it than fit beside the alarms, the most urgent service first. Left out: it is never full.',
  ),
  alarmShare: z
    .int()
    .min(1)
    .max(90)
    .default(20)
    .describe('Percent of bandwidth that pictures never take, 1 to 90: alarms, outcomes and all else of the session have it.'),
  routes: z
    .array(routeOptions)
    .max(8)
    .default([])
    .describe('Further ways to the hub behind uplink.url, in the order in which they are tried; up to 8.'),
  routeTries: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe(
      'Tries on one route before the next one, 1 to 10. One that keeps silent for 5 seconds gets no second, until all have failed.',
    ),
  failBack: durationOption({ min: '1s', max: '1h', default: '1m' }).describe(
    'How long a better route must have been well before the session goes back to it, 1s to 1h.',
  ),
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,60}$/)
    .optional()
    .describe(
      'MQTT client identifier, 1 to 60 characters. Default bongsu-SITE-GATEWAY. No two clients of a broker may share one; with -b and -p behind it, it is that of short second connections.',
    ),
  keepalive: durationOption({ min: '5s', max: '5m', default: '15s' }).describe(
    'Longest silence towards the broker, 5s to 5m. A cut line is noticed after one and a half times this.',
  ),
  connectTimeout: durationOption({ min: '2s', max: '2m', default: '10s' }).describe(
    'Longest wait for the broker’s welcome (TCP, TLS and MQTT together), 2s to 2m.',
  ),
  ackTimeout: durationOption({ min: '5s', max: '10m', default: '60s' }).describe(
    'Longest wait for the confirmation of one message, 5s to 10m. After it the connection is given up and made again.',
  ),
  retryMin: durationOption({ min: '100ms', max: '1m', default: '1s' }).describe('Shortest wait before the next connection, 100ms to 1m.'),
  retryMax: durationOption({ min: '1s', max: '1h', default: '15s' }).describe('Longest wait before the next connection, 1s to 1h.'),
  window: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe('Unconfirmed messages on the line at most, 1 to 1024. The broker’s own limit counts where it is lower.'),
  confirmation: z
    .enum(['auto', 'broker', 'hub'])
    .default('auto')
    .describe(
      'Whose word makes a message leave the outbox: broker (its PUBACK), hub (its messages on confirm), or auto: as the hub announces, else broker.',
    ),
  unheard: z
    .enum(['wait', 'confirm'])
    .default('wait')
    .describe(
      'What becomes of a message when the broker says that nobody subscribes to it (MQTT 5): wait keeps it and sends it again until somebody does; confirm lets it go, for a broker whose own rules take messages without a subscription.',
    ),
  resendAfter: durationOption({ min: '5s', max: '1h', default: '60s' }).describe(
    'How long the hub may take to confirm before a message is sent again, 5s to 1h. Only where the hub itself confirms.',
  ),
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('none')
    .describe('How batches of readings beyond 1 KiB are compressed: none, gzip or zstd. Ask the hub’s operator what it reads.'),
  drainLimit: sizeOption({ min: '8KiB', max: '1GiB', default: '1GiB' }).describe(
    'Bytes a second, 8KiB to 1GiB, that the backlog, conditions and readings may take of the line. Live alarms and steps of grants pass it by.',
  ),
  willDelay: durationOption({ min: '0s', max: '1h', default: '30s' }).describe(
    'How long a lost line may take to come back before the broker tells the hub that this gateway is offline, 0s to 1h (MQTT 5 only).',
  ),
  sessionExpiry: durationOption({ min: '0s', max: '1h', default: '1h' }).describe(
    'How long the broker keeps commands for this gateway while the line is down, 0s to 1h (MQTT 5 only).',
  ),
  stateInterval: durationOption({ min: '10s', max: '1d', default: '5m' }).describe(
    'How often the state with its counts is told again, 10s to 1d.',
  ),
  commands: z
    .strictObject({
      signedBy: z
        .array(path)
        .max(8)
        .default([])
        .describe(
          'Ed25519 public keys, as PEM files or as 32 bytes in base64, of which one must have signed each command; up to 8. None: no signature is needed.',
        ),
    })
    .prefault({})
    .describe('How the hub’s commands are judged.'),
  responsePrefix: z
    .string()
    .regex(/^[A-Za-z0-9._/-]{1,200}$/)
    .default('bongsu/v1/')
    .describe('Answers go to a command’s response topic only when it begins with this; else to outcome/NAME.'),
});

/** `uplink`: how this gateway reaches the hub’s broker. */
export const uplinkOptions = sectionOptions
  .superRefine(({ url, routes }, context) => {
    if (url === undefined && routes.length === 0)
      context.addIssue({ code: 'invalid_type', expected: 'string', input: undefined, path: ['url'] });
  })
  .refine(({ url, routes }) => areDistinct([...(url === undefined ? [] : ['direct']), ...routes.map(({ name }) => name)]), {
    message: 'two routes have one name; direct is that of uplink.url',
    path: ['routes'],
  });
export type UplinkOptions = z.output<typeof uplinkOptions>;

function areDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
