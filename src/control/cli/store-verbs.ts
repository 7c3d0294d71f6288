// The verbs about the store as a whole: a backup by the gateway, a restore while none runs, and the history as lines.
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Asked } from '../contract.ts';
import { faults } from '../faults.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { problemLines } from './problems.ts';
import { sizeText } from './words.ts';

/** The gateway writes the file: a relative name is meant from here. */
export const backupVerb: Verb<object> = async (context, _options, file) => {
  const { say, screen, io } = context;
  const path = resolve(file);
  const made = await withGateway(context, async (client) => {
    for await (const item of client.follow('outbox.backup', { path }, io.signal)) {
      if ('bytes' in item) return item;
      const percent = Math.floor((100 * item.copiedPages) / Math.max(1, item.totalPages));
      if (!context.json) screen.complain(say('backup.progress', { percent, copied: item.copiedPages, total: item.totalPages }));
    }
    return undefined;
  });
  if (!made) throw faults.fault('backup-left');
  if (context.json) screen.json(made);
  else screen.line(say('backup.made', { file: made.path, size: sizeText(made.bytes) }));
  if (await isMissing(path)) screen.complain(say('backup.elsewhere', { file: path }));
  return exits.done;
};

/** A service may have a /tmp and a /home of its own. */
async function isMissing(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

/** Options of `outbox restore`. */
export interface RestoreOptions {
  readonly config: string;
  readonly yes?: boolean;
}

export const restoreVerb: Verb<RestoreOptions> = async (context, { config, yes }, file) => {
  const { say, screen, loaders, io } = context;
  const from = resolve(file);
  if (yes !== true) throw new UsageFault(say('usage.restore', { file: from }));
  const outcome = await loaders.restore(config, from, io.user);
  if ('problems' in outcome) {
    if (context.json) screen.json({ ok: false, problems: outcome.problems });
    else for (const line of problemLines(outcome.problems, context)) screen.complain(line);
    return exits.failed;
  }
  const { path, setAside } = outcome.restored;
  if (context.json) screen.json({ from, path, setAside });
  else {
    screen.line(say('restore.done', { from, path }));
    if (setAside !== '') screen.line(say('restore.setAside', { file: setAside }));
  }
  return exits.done;
};

/** One JSON value a line, no faster than it is read. */
export const exportVerb: Verb<Asked<'outbox.export'>> = async (context, asked) => {
  const { screen, io } = context;
  await withGateway(context, async (client) => {
    for await (const item of client.follow('outbox.export', asked, io.signal)) {
      screen.json(item);
      await drained(context);
    }
  });
  // Half an export must not look like a whole one.
  return io.signal.aborted ? exits.failed : exits.done;
};

async function drained({ io }: VerbContext): Promise<void> {
  if (io.stdout.writableNeedDrain) await once(io.stdout, 'drain', { signal: io.signal }).catch(() => {});
}
