// The whole configuration: one section for each room, under the room's name.
import { z } from 'zod';
import { accessOptions } from '#access/options';
import { alarmsOptions, historyOptions } from '#alarms/options';
import { camerasOptions } from '#cameras/options';
import { controlOptions } from '#control/options';
import { idPattern, sitePattern } from '#model';
import { responseOptions } from '#registry/options';
import { sensorsOptions } from '#sensors/options';
import { storeOptions } from '#store/options';
import { streamsOptions } from '#streams/options';
import { destinationsOptions, uplinkOptions } from '#uplink/options';

const siteOptions = z.strictObject({
  code: z
    .string()
    .regex(sitePattern, 'expected the five digits of the administrative code (시군구), in quotes')
    // 전북's codes became 52xxx on 2024-01-18; the tail stayed.
    .refine((code) => !code.startsWith('45'), { error: ({ input }) => `expected '52${String(input).slice(2)}', the code since 2024` })
    .describe("Five-digit administrative code (시군구 코드) of the municipality, in quotes: 완주군 is '52710'."),
  name: z.string().max(100).default('').describe('Name of the site for people, up to 100 characters.'),
});

const gatewayOptions = z.strictObject({
  id: z
    .string()
    .regex(idPattern, 'expected 1 to 40 of a–z, 0–9 and hyphen')
    .describe(
      'Name of this gateway, unique in its site: 1 to 40 of a–z, 0–9 and hyphen. It is part of every topic: do not change it later.',
    ),
});

const logOptions = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least severe message that is logged: debug, info, warn or error.'),
});

const keyFile = z
  .string()
  .min(1)
  .max(500)
  .default('/var/lib/bongsu/store.key')
  .describe(
    'File with the key that seals passwords in the store; made at the first start if it is not there. The systemd credential store-key, where there is one, goes before it.',
  );

/** Sections by name. Each is checked by itself, so that a mistake in one hides none in another. */
export const sections = {
  site: siteOptions.prefault({} as never).describe('Which municipality this is.'),
  gateway: gatewayOptions.prefault({} as never).describe('Which gateway this is.'),
  log: logOptions.prefault({}).describe('The log on standard error.'),
  store: storeOptions.extend({ keyFile }).prefault({}).describe('The SQLite file that everything lies in.'),
  uplink: uplinkOptions.prefault({} as never).describe('The way to the hub.'),
  destinations: destinationsOptions.prefault([]).describe('Who else gets what the hub gets.'),
  cameras: camerasOptions.prefault({}).describe('How cameras are watched. The cameras themselves are registered by `bongsu camera add`.'),
  sensors: sensorsOptions.prefault({}).describe('The sensors of the site.'),
  alarms: alarmsOptions.prefault({}).describe('How alarms are told.'),
  response: responseOptions.prefault({}).describe('What the gateway does by itself when an alarm is raised.'),
  history: historyOptions.prefault({}).describe('How long alarms are remembered.'),
  streams: streamsOptions.prefault({}).describe('How pictures are relayed.'),
  access: accessOptions.prefault({}).describe('Who may see pictures, and the legal record of it.'),
  control: controlOptions.prefault({}).describe('The door for technicians on this machine.'),
} as const;

/** The configuration, complete and frozen. */
export type Config = { readonly [K in keyof typeof sections]: z.output<(typeof sections)[K]> };
