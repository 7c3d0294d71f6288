// What a command line complains of: anything thrown, as a code, a message and a hint in the user's language.
import { type Command, CommanderError } from 'commander';
import { BongsuError, messageOf } from '#base';
import type { Say } from '../messages/catalogue.ts';
import { UsageFault } from './context.ts';
import type { Speech } from './words.ts';

/** What went wrong, and what to do about it. */
export interface Complaint {
  /** `room.reason`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Puts anything thrown into words. `verb` is the command that was called, as it is written: `bongsu alarm list`. */
export function complaintOf(error: unknown, verb: string, { say, language }: Speech): Complaint {
  const help = say('usage.hint', { command: verb });
  if (error instanceof CommanderError) return { code: 'control.usage', message: usageText(error, say), hint: help };
  if (error instanceof UsageFault) return { code: 'control.usage', message: error.message, hint: help };
  if (!(error instanceof BongsuError)) return { code: 'control.failed', message: messageOf(error), hint: say('usage.unexpected') };
  const hint = error.code === 'control.input-invalid' ? help : error.hint[language];
  return { code: error.code, message: error.text[language], hint };
}

/** The command that a line calls, as far as its words name one: `bongsu alarm list`. */
export function verbOf(program: Command, argv: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word);
    if (!next) continue;
    command = next;
    names.push(word);
  }
  return names.join(' ');
}

function usageText({ code, message }: CommanderError, say: Say): string {
  const [what = '?', value = '?'] = [...message.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '?');
  switch (code) {
    case 'commander.unknownCommand':
      return say('usage.unknownCommand', { what });
    case 'commander.unknownOption':
      return say('usage.unknownOption', { what });
    case 'commander.missingArgument':
      return say('usage.missingArgument', { what });
    case 'commander.missingMandatoryOptionValue':
      return say('usage.missingOption', { what });
    case 'commander.optionMissingArgument':
      return say('usage.missingValue', { what });
    case 'commander.invalidArgument':
      return say('usage.invalidValue', { what, value, expected: expectedText(message, say) });
    case 'commander.excessArguments':
      return say('usage.excessArguments');
    case 'commander.conflictingOption':
      return say('usage.conflict', { what: `${what}, ${value}` });
    default:
      return message;
  }
}

/** What the parser of the value expected, or the choices that commander names. */
function expectedText(message: string, say: Say): string {
  const [, choices] = /Allowed choices are (.*)\.$/.exec(message) ?? [];
  if (choices !== undefined) return say('usage.expectChoice', { choices });
  return message.slice(message.lastIndexOf(' is invalid. ') + ' is invalid. '.length);
}
