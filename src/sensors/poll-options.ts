// The part of the sensors' section about platforms that are asked over HTTP: clouds of carriers and makers that send nothing by themselves.
import { z } from 'zod';
import { durationOption, sizeOption } from '#base';
import { clashOf, messageSource } from './message-options.ts';
import { evenIfWrong } from './option-fields.ts';
import { headerName, platformLogin, platformTls, platformUrl } from './platform-option.ts';
import { messagePath } from './template-point.ts';

const parameter = z.string().min(1).max(64).describe('Part of the query that carries it, like since. Up to 64 characters.');

const cursor = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('number').describe('Whole numbers that grow.'),
      path: messagePath('Where a message has its number.'),
      parameter: parameter.optional(),
    }),
    z.strictObject({
      by: z.literal('text').describe('Texts that grow when they are compared letter by letter, like times of one form.'),
      path: messagePath('Where a message has its text, like 2026-11-20T10:00:00+09:00 or 20261120100000.'),
      parameter: parameter.optional(),
    }),
    z.strictObject({
      by: z.literal('token').describe('A word of the platform, for the next question.'),
      path: messagePath('Where the answer has it.'),
      parameter,
    }),
  ])
  .describe(
    'By what messages are told from those of before: by number, text or token. Left out: a message that was in the last answer is not new.',
  );

const poll = z
  .strictObject({
    ...messageSource,
    url: platformUrl('What is asked: http://… or https://…, up to 2000 characters.'),
    login: platformLogin.optional(),
    headers: z
      .record(headerName, z.string().max(500))
      .default({})
      .refine((headers) => Object.keys(headers).length <= 16, 'at most 16 headers')
      .describe('Headers that are no secret, name to value, at most 16.'),
    tls: platformTls,
    interval: durationOption({ min: '1s', max: '1d', default: '30s' }).describe('How often it is asked, 1s to 1d.'),
    timeout: durationOption({ min: '500ms', max: '2m', default: '10s' }).describe('How long the whole answer may take, 500ms to 2m.'),
    maxBody: sizeOption({ min: '1KiB', max: '16MiB', default: '1MiB' }).describe('The largest answer that is read, 1KiB to 16MiB.'),
    list: messagePath('Where the answer has the list of messages; the answer itself when left out: a list, or one message.').optional(),
    order: z
      .enum(['oldest-first', 'newest-first'])
      .default('oldest-first')
      .describe('How the list goes, where no cursor by number or text tells: oldest-first or newest-first.'),
    cursor: cursor.optional(),
    start: z
      .enum(['now', 'all'])
      .default('now')
      .describe('Where it begins the very first time, with a cursor: now passes over what is there already, all takes it.'),
  })
  .superRefine((value, context) => {
    const clash = clashOf(value);
    if (clash) context.addIssue({ code: 'custom', message: clash.message, path: [clash.path] });
  }, evenIfWrong);

export const pollsOption = z.array(poll).max(32).default([]).describe('Platforms that are asked over HTTP, up to 32.');
/** One platform that is asked. */
export type PollOptions = z.output<typeof poll>;
