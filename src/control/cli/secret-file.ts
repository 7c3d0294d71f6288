// Secrets that a verb is handed in a file or on standard input, never on the command line, which every account of the machine can see.
import { open } from 'node:fs/promises';
import { type Login, messageOf } from '#base';
import { faults } from '../faults.ts';
import { UsageFault, type VerbContext } from './context.ts';

const maxBytes = 4096;

/** A login as options. There is none for a password in clear: a command line is seen by every account of the machine. */
export interface LoginOptions {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly passwordStdin?: boolean;
}

/** The login that was asked for; undefined without one. Rejects with `control.file-unreadable`, or a UsageFault when half of it is missing. */
export async function readLogin(context: VerbContext, { user, passwordFile, passwordStdin }: LoginOptions): Promise<Login | undefined> {
  const offered = passwordFile !== undefined || passwordStdin === true;
  if (user === undefined && offered) throw new UsageFault(context.say('usage.userMissing'));
  if (user === undefined) return undefined;
  if (!offered) throw new UsageFault(context.say('usage.passwordMissing'));
  return { user, password: await (passwordFile === undefined ? readSecretInput(context) : readSecretFile(passwordFile)) };
}

/** The secret in a file of at most 4 KiB, without the line break at its end. Rejects with `control.file-unreadable`. */
export async function readSecretFile(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
    return secretOf(buffer.subarray(0, bytesRead));
  } catch (cause) {
    throw faults.fault('file-unreadable', { cause, detail: messageOf(cause) });
  }
}

/** The same from standard input, to its end. */
async function readSecretInput({ io }: VerbContext): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size > maxBytes) throw faults.fault('file-unreadable', { detail: '-' });
    parts.push(part);
  }
  return secretOf(Buffer.concat(parts));
}

function secretOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/\r?\n$/, '');
}
