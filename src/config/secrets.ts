// Reads the secrets that a section refers to, from files that others cannot read or from systemd's credentials.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { resolvedSecret, type SecretReference, type Text } from '#base';
import type { Flaw, Path } from './yaml.ts';

/** Where secrets are looked for. */
export interface SecretPlaces {
  /** Folder that relative paths start at: that of the configuration. */
  readonly folder: string;
  readonly credentialsDirectory: string | undefined;
}

interface Wanted {
  readonly path: Path;
  readonly reference: SecretReference;
}

const maxBytes = 64 * 1024;
/** Bits that the file of a secret must not have: it is 0640 at most. */
export const exposedBits = 0o037;

/**
 * Puts what was read in the place of each reference that the schema asked for (its issues with `params.reference`). What cannot be read is a flaw, and an
 * empty secret stands in its place, so that the rest is checked all the same.
 */
export async function resolveSecrets(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  places: SecretPlaces,
): Promise<{ readonly value: unknown; readonly flaws: readonly Flaw[] }> {
  const flaws: Flaw[] = [];
  let resolved = value;
  for (const { path, reference } of wantedOf(issues)) {
    const read = await readSecret(reference, places);
    if ('text' in read) flaws.push({ path, text: read.text });
    resolved = replaceAt(resolved, path, 'clear' in read ? resolvedSecret(read.clear) : unreadable);
  }
  return { value: resolved, flaws };
}

/** Stands for what could not be read. */
const unreadable = resolvedSecret('unreadable-secret');

function wantedOf(issues: readonly z.core.$ZodIssue[]): readonly Wanted[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'invalid_union') {
      return issue.errors.flatMap((errors) => wantedOf(errors).map((wanted) => ({ ...wanted, path: [...issue.path, ...wanted.path] })));
    }
    const reference: unknown = issue.code === 'custom' ? issue.params?.['reference'] : undefined;
    return reference === undefined ? [] : [{ path: issue.path, reference: reference as SecretReference }];
  });
}

async function readSecret(reference: SecretReference, places: SecretPlaces): Promise<{ clear: string } | { text: Text }> {
  if ('file' in reference) return readSecretFile(resolve(places.folder, reference.file), true);
  if (places.credentialsDirectory !== undefined) return readSecretFile(resolve(places.credentialsDirectory, reference.credential), false);
  return {
    text: {
      en: `there are no credentials here: add LoadCredential=${reference.credential}:PATH to the systemd unit`,
      ko: `자격 증명이 없습니다. systemd 유닛에 LoadCredential=${reference.credential}:경로 를 추가하십시오`,
    },
  };
}

/** One line break at the end is not part of the secret. `guarded`: the file's mode is looked at. */
async function readSecretFile(path: string, guarded: boolean): Promise<{ clear: string } | { text: Text }> {
  try {
    // Without blocking: a pipe without a writer would hang the start.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) return flaw(path, 'is no file', '파일이 아닙니다');
    if (guarded && (stat.mode & exposedBits) !== 0)
      return flaw(path, 'can be read by others: chmod 0600 it', '다른 사용자가 읽을 수 있습니다. chmod 0600 하십시오');
    if (stat.size > maxBytes) return flaw(path, 'is larger than 64 KiB', '64 KiB보다 큽니다');
    const clear = (await file.readFile('utf8')).replace(/\r?\n$/, '');
    return clear === '' ? flaw(path, 'is empty', '비어 있습니다') : { clear };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    return flaw(path, `cannot be read (${code})`, `읽을 수 없습니다(${code})`);
  }
}

function flaw(path: string, en: string, ko: string): { text: Text } {
  return { text: { en: `${path} ${en}`, ko: `${path}: ${ko}` } };
}

/** A copy of `value` with `part` at `path`. */
function replaceAt(value: unknown, path: Path, part: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return part;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === step ? replaceAt(item, rest, part) : item));
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(entries.map(([key, item]) => [key, key === step ? replaceAt(item, rest, part) : item]));
}
