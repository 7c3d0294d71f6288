// The rules of imports: floors, doors and windows, letterboxes, cycles.
import type { FloorPlan } from './plan.ts';
import type { Mention } from './source.ts';
import { doorFile, type ReadFile, resolveMention, type Target } from './tree.ts';

/** One broken rule. */
export interface Breach {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

type Found = Omit<Breach, 'path' | 'line'>;

/** All broken rules of imports, in the order of files. */
export function checkImports(files: readonly ReadFile[], plan: FloorPlan): Breach[] {
  const paths = new Set(files.map((file) => file.path));
  const breaches: Breach[] = [];
  for (const file of files) {
    for (const mention of file.mentions) {
      const target = resolveMention(file.path, mention);
      const found = [judge(file, target, plan, paths)].filter((breach) => breach !== undefined);
      breaches.push(...found.map((breach) => ({ ...breach, path: file.path, line: mention.line })));
    }
  }
  return [...breaches, ...checkLetterboxes(files), ...checkCycles(files)];
}

function judge(file: ReadFile, target: Target, plan: FloorPlan, paths: ReadonlySet<string>): Found | undefined {
  if (target.to === 'computed') return { rule: 'computed', what: 'imports a computed name, which nobody can check' };
  if (target.to === 'door') return judgeDoor(file, target, plan, paths);
  if (target.to === 'file') return judgeFile(file, target.path, target.room, paths);
  return undefined;
}

function judgeDoor(
  file: ReadFile,
  target: Extract<Target, { to: 'door' }>,
  plan: FloorPlan,
  paths: ReadonlySet<string>,
): Found | undefined {
  const { room, way } = target;
  const name = way === '' ? `#${room}` : `#${room}/${way}`;
  const floor = plan.get(room);
  if (floor === undefined || !paths.has(doorFile(room, way))) return { rule: 'unknown', what: `${name} leads nowhere` };
  if (!['', 'options', 'tables'].includes(way)) return { rule: 'window', what: `${name} is no door` };
  if (file.room === '') return undefined; // main.ts stands outside the floors
  if (file.room === room) return { rule: 'own-door', what: `${name} is imported from within; use ./file.ts` };
  // Letterboxes of options hold schemas alone; the reader of the configuration gathers them from all floors.
  if (file.room === 'config' && way === 'options') return undefined;
  const own = plan.get(file.room);
  if (own === undefined) return { rule: 'unknown', what: `the floor plan has no room ${file.room}` };
  if (floor === own)
    return { rule: 'sibling', what: `${file.room} and ${room} stand on floor ${floor}; gateway must hand the function over` };
  if (floor > own) return { rule: 'floor', what: `${file.room} (floor ${own}) imports ${room} (floor ${floor})` };
  return undefined;
}

function judgeFile(file: ReadFile, path: string, room: string, paths: ReadonlySet<string>): Found | undefined {
  if (!path.startsWith('src/'))
    return path === 'package.json' && file.room === '' ? undefined : { rule: 'window', what: `${path} lies outside src` };
  if (room !== file.room) return { rule: 'window', what: `${path} is the inside of ${room || 'src'}` };
  if (path.endsWith('.ts') && !paths.has(path)) return { rule: 'unknown', what: `${path} does not exist` };
  if (path === doorFile(room, '') && room !== '') return { rule: 'own-door', what: 'the door is imported from within' };
  const folder = closedFolder(path, paths);
  const inside = folder !== undefined && file.path.startsWith(folder);
  if (folder !== undefined && !inside && path !== `${folder}index.ts`) return { rule: 'window', what: `${folder} has a door of its own` };
  return undefined;
}

/** The folder below a room with a door of its own that holds `path`, the outermost. */
function closedFolder(path: string, paths: ReadonlySet<string>): string | undefined {
  const parts = path.split('/').slice(0, -1);
  for (let depth = 3; depth <= parts.length; depth += 1) {
    const folder = `${parts.slice(0, depth).join('/')}/`;
    if (paths.has(`${folder}index.ts`)) return folder;
  }
  return undefined;
}

const letterboxes: Readonly<Record<string, { readonly doors: readonly string[]; readonly packages: readonly string[] }>> = {
  options: { doors: ['base', 'model'], packages: ['zod'] },
  tables: { doors: ['base', 'model', 'store'], packages: ['better-sqlite3', 'node:crypto'] },
};

/** What a letterbox loads, through all files of its room that it reaches, must be light: no driver, no other room. Erased imports load nothing. */
function checkLetterboxes(files: readonly ReadFile[]): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return files.flatMap((file) => {
    const way = /^src\/[^/]+\/(options|tables)\.ts$/.exec(file.path)?.[1];
    const allowed = letterboxes[way ?? ''];
    if (allowed === undefined) return [];
    return reachable(file, byPath).flatMap((reached) =>
      loaded(reached).flatMap((mention) => {
        const target = resolveMention(reached.path, mention);
        const good =
          target.to === 'file' ||
          (target.to === 'door' && target.way === '' && allowed.doors.includes(target.room)) ||
          (target.to === 'package' && allowed.packages.includes(target.name));
        const what = `${file.path} reaches ${String(mention.specifier)}; a letterbox imports ${[...allowed.packages, ...allowed.doors.map((door) => `#${door}`)].join(', ')} alone`;
        return good ? [] : [{ rule: 'letterbox', path: reached.path, line: mention.line, what }];
      }),
    );
  });
}

function reachable(start: ReadFile, byPath: ReadonlyMap<string, ReadFile>): readonly ReadFile[] {
  const seen = new Set([start]);
  for (const file of seen) {
    for (const next of neighbours(file, loaded(file))) {
      const reached = byPath.get(next);
      if (reached) seen.add(reached);
    }
  }
  return [...seen];
}

function loaded(file: ReadFile): readonly Mention[] {
  return file.mentions.filter((mention) => !mention.typeOnly);
}

/** Files of the same room among the mentions of a file. */
function neighbours(file: ReadFile, mentions: readonly Mention[] = file.mentions): string[] {
  return mentions.flatMap((mention) => {
    const target = resolveMention(file.path, mention);
    return target.to === 'file' && target.room === file.room ? [target.path] : [];
  });
}

function checkCycles(files: readonly ReadFile[]): Breach[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const breaches: Breach[] = [];
  const visit = (file: ReadFile, way: readonly string[]): void => {
    const at = way.indexOf(file.path);
    if (at !== -1) {
      breaches.push({ rule: 'cycle', path: file.path, line: 1, what: [...way.slice(at), file.path].join(' → ') });
      return;
    }
    if (done.has(file.path)) return;
    for (const next of neighbours(file)) {
      const reached = byPath.get(next);
      if (reached) visit(reached, [...way, file.path]);
    }
    done.add(file.path);
  };
  for (const file of files) visit(file, []);
  return breaches;
}
