// The notes of who looked: written in order, one queue for all, so that a sick disk makes no crowd of writers and no memory grows.
import type { Access, SessionStep } from '#access';
import { BongsuError, type Env, messageOf } from '#base';

/** Takes notes. */
export interface SessionNotes {
  add(grantId: string, step: SessionStep): void;
}

/** Notes that wait for the store; beyond, they are counted, and the count is written. */
const maxWaiting = 1000;
const retryMs = 1000;

interface Note {
  readonly grantId: string;
  readonly step: SessionStep;
}

/** Opens the queue. Each note is tried until the store takes it or is closed. */
export function openSessionNotes(access: Pick<Access, 'session' | 'account'>, env: Env): SessionNotes {
  const waiting: Note[] = [];
  let untold = 0;
  let writing = false;

  /** One note, or the count of those that are lost once none waits; false when there is nothing more to write. */
  const writeNext = async (): Promise<boolean> => {
    const [note] = waiting;
    if (note) {
      await access.session(note.grantId, note.step);
      waiting.shift();
    } else if (untold > 0) {
      const count = untold;
      const detail = `${count} notes of who looked were lost while the disk was sick`;
      await access.account({ act: 'session.unwritten', by: 'gateway', subject: '', detail });
      untold -= count;
    }
    return waiting.length > 0 || untold > 0;
  };
  const write = async (): Promise<void> => {
    let isTold = false;
    writing = true;
    // Nothing comes between the last look and the end of it.
    while (writing) {
      try {
        writing = await writeNext();
        if (waiting.length > 0) writing = true;
      } catch (error) {
        if (error instanceof BongsuError && error.code === 'store.closed') return;
        if (!isTold) env.log.error({ waiting: waiting.length, error: messageOf(error) }, 'who looked cannot be written now; trying again');
        isTold = true;
        await env.clock.sleep(retryMs);
      }
    }
  };
  return {
    add(grantId, step) {
      if (waiting.length >= maxWaiting) {
        untold += 1;
        return;
      }
      waiting.push({ grantId, step });
      if (!writing) void write();
    },
  };
}
