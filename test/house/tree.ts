// Where a mention leads: resolved against the files of the tree, with the room and the way in that it uses.
import { blank, type Mention, mentionsOf, type SourceFile } from './source.ts';

/** A file, read. */
export interface ReadFile extends SourceFile {
  /** Folder under src, or `''` for src/main.ts. */
  readonly room: string;
  readonly blanked: string;
  readonly mentions: readonly Mention[];
}

/** What a mention means. */
export type Target =
  | { readonly to: 'package'; readonly name: string }
  /** Through `#room`, `#room/options`, `#room/tables`; `way` is '' for the door itself. */
  | { readonly to: 'door'; readonly room: string; readonly way: string }
  | { readonly to: 'file'; readonly path: string; readonly room: string }
  | { readonly to: 'computed' };

export function readSources(files: readonly SourceFile[]): readonly ReadFile[] {
  return files.map((file) => {
    const blanked = blank(file.text);
    return { ...file, room: roomOf(file.path), blanked, mentions: mentionsOf(file, blanked) };
  });
}

/** The room of a path under src. */
function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 && parts[0] === 'src' ? (parts[1] ?? '') : '';
}

/** Where `specifier`, written in the file at `from`, leads. */
export function resolveMention(from: string, { specifier }: Mention): Target {
  if (specifier === undefined) return { to: 'computed' };
  if (specifier.startsWith('#')) {
    const [room = '', ...way] = specifier.slice(1).split('/');
    return { to: 'door', room, way: way.join('/') };
  }
  if (!specifier.startsWith('.')) {
    const [scope = '', name = ''] = specifier.split('/');
    return { to: 'package', name: scope.startsWith('@') ? `${scope}/${name}` : scope };
  }
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  const path = parts.join('/');
  return { to: 'file', path, room: roomOf(path) };
}

/** The file behind a door. */
export function doorFile(room: string, way: string): string {
  return `src/${room}/${way === '' ? 'index' : way}.ts`;
}
