// The writing down of commands, with an end to its wait: on a disk that is slow the hub is told soon that nothing was done, and may ask the same again.
import { type Env, messageOf } from '#base';
import type { Calls } from '#store';
import type { AcceptAsk, Acceptance, UplinkProcedures } from './tables.ts';
import { within } from './within.ts';

/** Acceptances over all connections of this process. */
export interface Acceptances {
  /**
   * Writes the command down as accepted. `not-stored`: the store failed, or had not answered after a second; then others are not written either until it has,
   * and what it writes too late is forgotten. Never rejects.
   */
  ask(ask: AcceptAsk): Promise<Acceptance | 'not-stored'>;
}

const waitMs = 1000;

export function openAcceptances(procedures: Pick<Calls<UplinkProcedures>, 'accept' | 'withdraw'>, env: Env): Acceptances {
  let late = 0;
  const write = async (ask: AcceptAsk): Promise<Acceptance | 'not-stored'> => {
    try {
      return await procedures.accept(ask);
    } catch (error) {
      env.log.warn({ id: ask.id, error: messageOf(error) }, 'a command could not be written down');
      return 'not-stored';
    }
  };
  const undo = async (writing: Promise<Acceptance | 'not-stored'>, id: string): Promise<void> => {
    late += 1;
    const acceptance = await writing;
    if (acceptance !== 'not-stored' && acceptance.result === 'new') {
      await procedures.withdraw({ id }).catch((error: unknown) => {
        env.log.warn({ id, error: messageOf(error) }, 'a command that was written down too late could not be forgotten');
      });
    }
    late -= 1;
  };
  return {
    async ask(ask) {
      if (late > 0) return 'not-stored';
      const writing = write(ask);
      const acceptance = await within(writing, waitMs, env.clock);
      if (acceptance !== 'late') return acceptance;
      env.log.warn({ id: ask.id }, 'the store takes too long: a command is refused');
      void undo(writing, ask.id);
      return 'not-stored';
    },
  };
}
