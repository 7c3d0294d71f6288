// The command line from arguments to exit status: the one edge where faults become a message, a hint and a number.
import { type Command, CommanderError } from 'commander';
import { BongsuError, type Language, messageOf } from '#base';
import { chooseLanguage, type Say, speaker } from '../messages/catalogue.ts';
import { type CliIo, type CliLoaders, exitOf, exits, UsageFault } from './context.ts';
import { type Act, buildProgram } from './program.ts';
import { openScreen, type Screen } from './screen.ts';

/**
 * Runs one command line (`argv` without node and script) and resolves with its exit status: 0 done, 1 failed, 2 called wrongly, 3 the
 * gateway is not running. Answers go to standard output, complaints with a hint to standard error. Never rejects.
 */
export async function runCli(argv: readonly string[], io: CliIo, loaders: CliLoaders): Promise<number> {
  const language = languageOf(argv, io);
  const say = speaker(language);
  const screen = openScreen(io.stdout, io.stderr);
  const unread = new AbortController();
  io.stdout.on('error', () => unread.abort()); // whoever read our output has left: `bongsu alarm tail | head`
  const watched: CliIo = { ...io, signal: AbortSignal.any([io.signal, unread.signal]) };
  let status: number = exits.done;
  const act: Act = async (verb, options, argument, globals) => {
    status = await verb(
      { io: watched, loaders, screen, say, language, json: globals.json === true, socket: globals.socket },
      options,
      argument,
    );
  };
  const program = buildProgram(say, io, (root) => direct(root, io), act);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return tellUsage(error, screen, say);
    tell(error, screen, say, language);
    return exitOf(error);
  }
}

function languageOf(argv: readonly string[], { environment }: CliIo): Language {
  const at = argv.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const asked = argv[at]?.startsWith('--lang=') === true ? argv[at].slice('--lang='.length) : argv[at + 1];
  return chooseLanguage(at === -1 ? undefined : asked, [environment.LC_ALL, environment.LC_MESSAGES, environment.LANG]);
}

function direct(program: Command, io: CliIo): void {
  program.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: (text) => void io.stderr.write(text),
    outputError: () => {}, // said by tellUsage in the user's language
  });
}

function tell(error: unknown, screen: Screen, say: Say, language: Language): void {
  if (error instanceof BongsuError) {
    screen.complain(say('word.error', { text: error.text[language] }));
    screen.complain(say('word.hint', { text: error.hint[language] }));
  } else {
    screen.complain(say('word.error', { text: messageOf(error) }));
    if (error instanceof UsageFault) screen.complain(say('word.hint', { text: say('usage.hint', { command: 'bongsu' }) }));
  }
}

function tellUsage(error: CommanderError, screen: Screen, say: Say): number {
  if (error.exitCode === 0) return exits.done; // help or version, as asked
  if (error.code !== 'commander.help') {
    screen.complain(say('word.error', { text: complaint(error, say) }));
    screen.complain(say('word.hint', { text: say('usage.hint', { command: 'bongsu' }) }));
  }
  return exits.usage;
}

function complaint({ code, message }: CommanderError, say: Say): string {
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
      return say('usage.invalidValue', { what, value });
    case 'commander.excessArguments':
      return say('usage.excessArguments');
    case 'commander.conflictingOption':
      return say('usage.conflict', { what: `${what}, ${value}` });
    default:
      return message;
  }
}
