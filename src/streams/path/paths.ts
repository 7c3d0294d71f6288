// All paths of the process: one for each channel and quality that somebody looks at, forgotten when nobody does.
import type { Env } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import type { PathDeps, PathKey, PathOptions } from './feed.ts';
import { type Member, openPath, type Path, type PathStatus } from './path.ts';

export interface Paths extends Disposable {
  /** Joins the path of `key`; opens the camera when nobody was there. `onEnd` tells when the path sends the member away. */
  join(key: PathKey, source: StreamSource, onEnd: (failure: SourceFailure) => void): Member;
  list(): readonly PathStatus[];
}

/** Paths are forgotten when so many are known and some of them are idle; those with readers are bounded by the grants. */
const forgetAbove = 64;

/** Opens the table of paths. */
export function openPaths(options: PathOptions, deps: PathDeps, env: Env): Paths {
  const paths = new Map<string, Path>();
  const forget = (): void => {
    if (paths.size <= forgetAbove) return;
    for (const [name, path] of paths) if (path.idle) paths.delete(name);
  };
  return {
    join(key, source, onEnd) {
      const name = `${key.device}/${key.channel}/${key.quality}`;
      let path = paths.get(name);
      if (!path) {
        forget();
        path = openPath(key, options, deps, env);
        paths.set(name, path);
      }
      return path.join(source, onEnd);
    },
    list: () => [...paths.values()].map((path) => path.status),
    [Symbol.dispose]() {
      for (const path of paths.values()) path.close();
      paths.clear();
    },
  };
}
