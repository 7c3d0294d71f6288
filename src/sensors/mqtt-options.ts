// The MQTT part of the sensors' section: brokers of others that are asked, and the broker of the site's own devices.
import { z } from 'zod';
import { durationOption, secretOption } from '#base';
import { clashOf, messageSource } from './message-options.ts';
import { evenIfWrong, id } from './option-fields.ts';

const level = String.raw`(?:\+|\{key\}|[^/+#{}\u0000]*)`;
const filter = new RegExp(`^(?=.)(?!.*\\{key\\}.*\\{key\\})(?:${level}/)*(?:#|${level})$`, 'u');

const source = z
  .strictObject({
    ...messageSource,
    topics: z
      .array(
        z
          .string()
          .max(200)
          .regex(
            filter,
            'expected a topic: levels between /, each a text, + (any one), {key} (once at most), or # (all that follows; last)',
          ),
      )
      .min(1)
      .max(16)
      .describe(
        'Topics of the source, 1 to 16: + stands for any one level, # at the end for all that follow, {key} for one that is the key of the device. A body that names another device is refused.',
      ),
  })
  .superRefine((value, context) => {
    const clash = clashOf(value, Array.isArray(value.topics) && value.topics.some(capturesKey));
    if (clash) context.addIssue({ code: 'custom', message: clash.message, path: [clash.path] });
  }, evenIfWrong);

/** Whether a topic gives the key of a device. */
function capturesKey(topic: unknown): boolean {
  return typeof topic === 'string' && topic.split('/').includes('{key}');
}

const rate = (fallback: number, what: string) => z.int().min(1).max(1000).default(fallback).describe(what);
const username = (what: string) => z.string().min(1).max(128).describe(`${what}, 1 to 128 characters.`);
const path = (what: string) => z.string().min(1).max(4096).describe(what);

const connection = z
  .strictObject({
    id: id('Name of the connection'),
    url: z
      .string()
      .regex(
        /^mqtts?:\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?\/?$/,
        'expected mqtts://HOST:PORT or mqtt://HOST:PORT',
      )
      .refine((url) => URL.canParse(url), 'expected a port of 1 to 65535')
      .describe('Address of the broker: mqtts://HOST:8883 (TLS) or mqtt://HOST:1883.'),
    clientId: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,60}$/, 'expected 1 to 60 of letters, digits, . _ -')
      .describe(
        'MQTT client identifier, 1 to 60 characters; no other client of that broker may have it. The broker keeps messages under it.',
      ),
    username: username('Name for the broker, where it asks for one').optional(),
    password: secretOption().optional().describe('Where the password for it lies: { file: PATH } or { credential: NAME }.'),
    tls: z
      .strictObject({
        ca: path('PEM file of the authority that signed the broker’s certificate; the machine’s own when left out.').optional(),
        cert: path('PEM file of our own certificate, where the broker asks for one.').optional(),
        key: secretOption().optional().describe('Its private key in PEM: { file: PATH } or { credential: NAME }.'),
      })
      .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), { message: 'cert and key go together', path: ['key'] })
      .prefault({})
      .describe('Certificates; only with mqtts.'),
    keepalive: durationOption({ min: '5s', max: '5m', default: '30s' }).describe(
      'Longest silence towards the broker, 5s to 5m. A cut line is noticed after one and a half times this.',
    ),
    messagesPerSecond: rate(
      50,
      'Messages of one device in a second, 1 to 1000, ten times as many at once: what is beyond and raises no critical alarm is counted and dropped, and alarm-flood says so.',
    ),
    sources: z.array(source).min(1).max(100).describe('What is subscribed to (QoS 1) and what it means, 1 to 100.'),
  })
  .refine(({ username: user, password }) => password === undefined || user !== undefined, {
    message: 'a password goes with a username',
    path: ['username'],
  });

const user = z
  .strictObject({
    name: id('Name that the device logs in with'),
    password: secretOption().describe('Its password, 8 characters or more: { file: PATH } or { credential: NAME }.'),
    sources: z.array(source).min(1).max(32).describe('What it may publish, by their topics, and what that means, 1 to 32.'),
  })
  .refine(({ password }) => typeof password !== 'string' || password.length >= 8, {
    message: 'a password has 8 characters or more',
    path: ['password'],
  });

const broker = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
      port: z.int().min(0).max(65_535).default(1883).describe('TCP port, 1 to 65535; 0 takes any that is free.'),
    })
    .prefault({})
    .describe('Where the devices connect to.'),
  tls: z
    .strictObject({
      cert: path('PEM file with the certificate and its chain.'),
      key: secretOption().describe('Private key in PEM: { file: PATH } or { credential: NAME }.'),
    })
    .optional()
    .describe('TLS instead of plain TCP; needed wherever the way to the gateway is not trusted, for passwords travel on it.'),
  connections: z
    .int()
    .min(1)
    .max(2000)
    .default(200)
    .describe('Connections in all that are logged in, 1 to 2000; who is not logged in has what room is left, a quarter as many at least.'),
  connectionsPerAddress: z
    .int()
    .min(1)
    .max(2000)
    .default(20)
    .describe('Connections from one address that are logged in, 1 to 2000, and as many that are not.'),
  messagesPerSecond: rate(
    20,
    'Messages of one user in a second, over all of his connections, 1 to 1000, ten times as many at once: what is beyond and raises no critical alarm waits in the line, and alarm-flood says so.',
  ),
  users: z
    .array(user)
    .min(1)
    .max(1000)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, 'a user is there twice')
    .describe('Who may log in, 1 to 1000.'),
});

export const mqttOptions = z.strictObject({
  connections: z.array(connection).max(8).default([]).describe('Brokers of others, like that of ChirpStack, up to 8.'),
  broker: broker.optional().describe('A broker for the site’s own devices, in the gateway itself; none when left out.'),
});

export type MqttOptions = z.output<typeof mqttOptions>;
export type MqttConnectionOptions = z.output<typeof connection>;
export type MqttBrokerOptions = z.output<typeof broker>;
export type MqttSourceOptions = z.output<typeof source>;
