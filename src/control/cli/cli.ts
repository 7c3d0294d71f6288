// The command line from arguments to exit status: the one edge where faults become a message, a hint and a number.
import { type Command, CommanderError } from 'commander';
import type { Language } from '#base';
import { chooseLanguage, type Say, speaker } from '../messages/catalogue.ts';
import { type Complaint, complaintOf, verbOf } from './complaints.ts';
import { type CliIo, type CliLoaders, exitOf, exits } from './context.ts';
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
    if (isHelp(error)) return error.exitCode === 0 ? exits.done : exits.usage;
    tell(complaintOf(error, verbOf(program, argv), { say, language }), screen, { say, json: argv.includes('--json') });
    return error instanceof CommanderError ? exits.usage : exitOf(error);
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
    outputError: () => {}, // said by complaintOf in the user's language
  });
}

function tell(complaint: Complaint, screen: Screen, { say, json }: { readonly say: Say; readonly json: boolean }): void {
  if (json) screen.complainJson({ error: complaint });
  else {
    screen.complain(say('word.error', { text: complaint.message }));
    screen.complain(say('word.hint', { text: complaint.hint }));
  }
}

/** Whether the help was shown, as it was asked for or for want of a verb. */
function isHelp(error: unknown): error is CommanderError {
  return error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help');
}
