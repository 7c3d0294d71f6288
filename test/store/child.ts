// A process that runs a store and does what lines of JSON on its standard input ask: for faults that must not touch the tests' own process.
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { BongsuError } from '#base';
import type { Store } from '#store';
import { type OpenNotesOptions, openNoteStore } from './file.ts';

/** What can be asked. */
export type Ask =
  | { readonly act: 'open'; readonly path: string; readonly options: OpenNotesOptions }
  | {
      readonly act: 'call';
      readonly room?: string;
      readonly name: string;
      readonly argument?: unknown;
      readonly urgent?: boolean;
      readonly reserved?: boolean;
      readonly flush?: boolean;
    }
  | { readonly act: 'health' | 'damage' | 'close' }
  /** Takes room on the disk until so many bytes are left, or gives it back. */
  | { readonly act: 'occupy'; readonly path: string; readonly bytes: number }
  | { readonly act: 'free'; readonly path: string }
  | { readonly act: 'list'; readonly path: string };

let store: Store | undefined;

function occupy(path: string, bytes: number): number {
  const file = openSync(path, 'w');
  let written = 0;
  try {
    while (written < bytes) written += writeSync(file, Buffer.alloc(Math.min(65_536, bytes - written), 0x5a));
  } catch {
    // Full: that is what was wanted.
  }
  closeSync(file);
  return written;
}

async function obey(ask: Ask): Promise<unknown> {
  if (ask.act === 'open') {
    store = await openNoteStore(ask.path, ask.options);
    return process.pid;
  }
  if (ask.act === 'occupy') return occupy(ask.path, ask.bytes);
  if (ask.act === 'free') return rmSync(ask.path, { force: true });
  if (ask.act === 'list') return readdirSync(ask.path);
  if (!store) throw new Error('open first');
  if (ask.act === 'health') return store.health();
  if (ask.act === 'damage') return store.damage();
  if (ask.act === 'close') return store[Symbol.asyncDispose]();
  if (ask.act !== 'call') return undefined;
  const { room = 'notes', urgent = false, reserved = false, flush = true } = ask;
  const calls = store.procedures<Record<string, (argument: unknown) => unknown>>(room, { urgent, reserved, flush });
  return calls[ask.name]?.(ask.argument);
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, ask } = JSON.parse(line) as { id: number; ask: Ask };
    const answer = (body: object): boolean => process.stdout.write(`${JSON.stringify({ id, ...body })}\n`);
    void obey(ask).then(
      (value) => answer({ value }),
      (error: unknown) => answer({ code: error instanceof BongsuError ? error.code : 'other', text: String(error) }),
    );
  }
  process.exit(0);
}
