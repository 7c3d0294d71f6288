// The hub session's section of the configuration.
import { z } from 'zod';
import { durationOption, secretOption } from '#base';

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
  })
  .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), { message: 'cert and key go together', path: ['key'] })
  .prefault({});

/** `uplink`: how this gateway reaches the hub's broker. */
export const uplinkOptions = z.strictObject({
  url: z
    .string()
    .regex(
      /^mqtts?:\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?\/?$/,
      'expected mqtts://HOST:PORT or mqtt://HOST:PORT',
    )
    .describe('Address of the hub’s broker: mqtts://HOST:8883 (TLS), or mqtt://HOST:1883 inside a VPN alone.'),
  tls: tlsOptions.describe('Certificates of the TLS connection; only with mqtts.'),
  username: z.string().min(1).max(128).optional().describe('Name for the broker, 1 to 128 characters, where it asks for one.'),
  password: secretOption().optional().describe('Where the password for the broker lies: { file: PATH } or { credential: NAME }.'),
  clientId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .optional()
    .describe('MQTT client identifier, 1 to 64 characters. Default bongsu-SITE-GATEWAY. No two clients of a broker may share one.'),
  keepalive: durationOption({ min: '5s', max: '5m', default: '15s' }).describe(
    'Longest silence towards the broker, 5s to 5m. A cut line is noticed after one and a half times this.',
  ),
  connectTimeout: durationOption({ min: '2s', max: '2m', default: '15s' }).describe(
    'Longest wait for the broker’s welcome (TCP, TLS and MQTT together), 2s to 2m.',
  ),
  ackTimeout: durationOption({ min: '5s', max: '10m', default: '60s' }).describe(
    'Longest wait for the confirmation of one message, 5s to 10m. After it the connection is given up and made again.',
  ),
  retryMin: durationOption({ min: '100ms', max: '1m', default: '1s' }).describe('Shortest wait before the next connection, 100ms to 1m.'),
  retryMax: durationOption({ min: '1s', max: '1h', default: '1m' }).describe('Longest wait before the next connection, 1s to 1h.'),
  window: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe('Unconfirmed messages on the line at most, 1 to 1024. The broker’s own limit counts where it is lower.'),
  willDelay: durationOption({ min: '0s', max: '1h', default: '30s' }).describe(
    'How long a lost line may take to come back before the broker tells the hub that this gateway is offline, 0s to 1h (MQTT 5 only).',
  ),
  sessionExpiry: durationOption({ min: '0s', max: '1h', default: '1h' }).describe(
    'How long the broker keeps commands for this gateway while the line is down, 0s to 1h (MQTT 5 only).',
  ),
  stateInterval: durationOption({ min: '10s', max: '1d', default: '5m' }).describe(
    'How often the state with its counts is told again, 10s to 1d.',
  ),
  responsePrefix: z
    .string()
    .regex(/^[A-Za-z0-9._/-]{1,200}$/)
    .default('bongsu/v1/')
    .describe('Answers go to a command’s response topic only when it begins with this; else to outcome/NAME.'),
});
export type UplinkOptions = z.output<typeof uplinkOptions>;
