// The rules of a single file: its size, its name, its exports, and the words that would reach around the world handed in.
import type { Breach } from './imports.ts';
import type { FloorPlan } from './plan.ts';
import { lineAt } from './source.ts';
import type { ReadFile } from './tree.ts';

const bannedNames = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'manager'];
const maxLines = 400;
const maxGatewayLines = 300;
/** Names that a door may show; the rooms that are the house's vocabulary may show more. */
const maxDoorNames = 16;
const maxVocabularyNames = 56;
/** The same for a folder inside a room that has a door of its own. */
const maxFolderNames = 32;
const vocabulary = new Set(['base', 'model']);

interface Ban {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly what: string;
  /** The one room that may. */
  readonly except?: string;
}

const bans: readonly Ban[] = [
  { rule: 'default-export', pattern: /\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/g, what: 'default export' },
  { rule: 'enum', pattern: /\benum\s+[A-Za-z_$][\w$]*\s*\{/g, what: 'enum' },
  { rule: 'world', pattern: /\bDate\s*\.\s*now\b/g, what: 'Date.now: use env.clock', except: 'base' },
  { rule: 'world', pattern: /\bnew\s+Date\b(?!\s*\(\s*[^)\s])/g, what: 'new Date() without a time: use env.clock', except: 'base' },
  { rule: 'world', pattern: /\bMath\s*\.\s*random\b/g, what: 'Math.random: use env.random', except: 'base' },
  { rule: 'world', pattern: /\bperformance\s*\.\s*now\b/g, what: 'performance.now: use env.clock', except: 'base' },
  // A method of that name belongs to its object (socket.setTimeout); the global and its namesakes do not.
  {
    rule: 'world',
    pattern: /(?:(?<![.\w$])|\bglobalThis\s*\.\s*)set(?:Timeout|Interval|Immediate)\b/g,
    what: 'a timer: use env.clock',
    except: 'base',
  },
  { rule: 'world', pattern: /\bconsole\s*[.[]/g, what: 'console: use env.log', except: 'base' },
  {
    rule: 'environment',
    pattern: /\bprocess\s*(?:\.\s*env\b|\[)/g,
    what: 'process.env: the configuration room reads it',
    except: 'config',
  },
];
const bannedModules: Readonly<Record<string, { readonly rule: string; readonly except: string }>> = {
  'node:timers': { rule: 'world', except: 'base' },
  'node:timers/promises': { rule: 'world', except: 'base' },
  timers: { rule: 'world', except: 'base' },
  'timers/promises': { rule: 'world', except: 'base' },
};

/** All broken rules of single files. */
export function checkStyle(files: readonly ReadFile[], plan: FloorPlan): Breach[] {
  return files.flatMap((file) => [
    ...checkSize(file),
    ...checkName(file),
    ...checkBans(file),
    ...checkDoor(file),
    ...checkRoom(file, plan),
  ]);
}

function checkSize(file: ReadFile): Breach[] {
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  const max = file.room === 'gateway' ? maxGatewayLines : maxLines;
  return lines > max ? [{ rule: 'size', path: file.path, line: max + 1, what: `${lines} lines; at most ${max}` }] : [];
}

function checkName(file: ReadFile): Breach[] {
  const words = file.path.replace(/\.ts$/, '').split(/[/.-]/);
  const banned = words.filter((word) => bannedNames.includes(word.toLowerCase()));
  const breaches = banned.map((word) => ({ rule: 'name', path: file.path, line: 1, what: `${word} says nothing about what lives here` }));
  if (file.path.endsWith('.ts') && !/^[a-z0-9/.-]+$/.test(file.path))
    breaches.push({ rule: 'name', path: file.path, line: 1, what: 'not kebab-case' });
  return breaches;
}

function checkBans(file: ReadFile): Breach[] {
  const words = bans
    .filter((ban) => ban.except !== file.room)
    .flatMap(({ rule, pattern, what }) =>
      [...file.blanked.matchAll(pattern)].map((match) => ({ rule, path: file.path, line: lineAt(file.text, match.index), what })),
    );
  const modules = file.mentions.flatMap(({ specifier = '', line }) => {
    const ban = Object.hasOwn(bannedModules, specifier) ? bannedModules[specifier] : undefined;
    return ban && ban.except !== file.room ? [{ rule: ban.rule, path: file.path, line, what: `${specifier}: use env.clock` }] : [];
  });
  return [...words, ...modules];
}

/** A door holds named re-exports and nothing else, few of them. */
function checkDoor(file: ReadFile): Breach[] {
  if (file.room === '' || !file.path.endsWith('/index.ts')) return [];
  const reexport = /\bexport\s+(?:type\s+)?\{([^}]*)\}\s*from\s*(['"])\s*\2\s*;?/g;
  const names = [...file.blanked.matchAll(reexport)].flatMap((match) => (match[1] ?? '').split(',').filter((name) => name.trim() !== ''));
  const rest = file.blanked.replaceAll(reexport, '').trim();
  const max = maxNames(file);
  const breaches: Breach[] = [];
  if (rest !== '')
    breaches.push({
      rule: 'door',
      path: file.path,
      line: lineAt(file.text, file.blanked.indexOf(rest.slice(0, 10))),
      what: 'a door holds named re-exports alone',
    });
  if (names.length > max) breaches.push({ rule: 'door', path: file.path, line: 1, what: `${names.length} names; at most ${max}` });
  return breaches;
}

function maxNames({ path, room }: ReadFile): number {
  if (path !== `src/${room}/index.ts`) return maxFolderNames;
  return vocabulary.has(room) ? maxVocabularyNames : maxDoorNames;
}

function checkRoom(file: ReadFile, plan: FloorPlan): Breach[] {
  if (file.room === '')
    return file.path === 'src/main.ts' ? [] : [{ rule: 'room', path: file.path, line: 1, what: 'only main.ts stands outside the rooms' }];
  return plan.has(file.room) ? [] : [{ rule: 'room', path: file.path, line: 1, what: `the floor plan has no room ${file.room}` }];
}
