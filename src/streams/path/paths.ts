// All paths of the process: one for each channel and quality that somebody looks at, and for each source of it; forgotten when nobody does.
import { type Env, openBreath } from '#base';
import type { StreamSource } from '#model';
import type { SourceFailure } from '../faults.ts';
import { type Backlog, openBacklog } from './backlog.ts';
import type { PathCommons, PathDeps, PathKey, PathOptions } from './feed.ts';
import { openGopMemory } from './gop.ts';
import { type Member, openPath, type Path, type PathStatus } from './path.ts';

export interface Paths extends Disposable {
  /** What waits for the lines of all who look. */
  readonly backlog: Backlog;
  /**
   * Joins the path of `key`; opens the camera when nobody was there. A camera that was registered anew, or got another login, is opened anew: nobody sees
   * what another source gives than the one of his lease. `onEnd` tells when the path sends the member away.
   */
  join(key: PathKey, source: StreamSource, onEnd: (failure: SourceFailure) => void): Member;
  list(): readonly PathStatus[];
}

/** Paths are forgotten when so many are known and some of them are idle; those with readers are bounded by the grants. */
const forgetAbove = 64;
/** What may wait for all readers together. */
const backlogBytes = 256 * 2 ** 20;
/** No camera's socket is read more often. */
const breathMs = 4;

/** Opens the table of paths. */
export function openPaths(options: PathOptions, deps: PathDeps, env: Env): Paths {
  /** By channel and quality; more than one only where those who look at an earlier source have not left. */
  const paths = new Map<string, readonly Path[]>();
  const { readerBufferBytes: pathBytes = 4 * 2 ** 20, gopMemoryBytes: totalBytes = 256 * 2 ** 20 } = options;
  const commons: PathCommons = {
    gops: openGopMemory({ pathBytes, totalBytes }),
    backlog: openBacklog(backlogBytes),
    breath: openBreath(breathMs),
  };
  const forget = (): void => {
    if (paths.size <= forgetAbove) return;
    for (const [name, known] of paths) {
      if (!known.every((path) => path.idle)) continue;
      for (const path of known) path.close();
      paths.delete(name);
    }
  };
  return {
    backlog: commons.backlog,
    join(key, source, onEnd) {
      const name = `${key.device}/${key.channel}/${key.quality}`;
      const known = paths.get(name) ?? [];
      for (const other of known) if (!other.shows(source) && other.status.readers === 0) other.close();
      let path = known.find((one) => one.shows(source));
      if (!path) {
        forget();
        path = openPath({ key, source }, options, { ...deps, ...commons }, env);
        for (const other of known) if (other.idle) other.close();
        paths.set(name, [...known.filter((other) => !other.idle), path]);
      }
      return path.join(onEnd);
    },
    list: () => [...paths.values()].flat().map((path) => path.status),
    [Symbol.dispose]() {
      for (const path of [...paths.values()].flat()) path.close();
      paths.clear();
    },
  };
}
