// The life of a path as a pure state machine: who waits, whether the camera is open, what to do next. No I/O, no clock.

/**
 * idle: no camera connection. opening: being connected. ready: pictures flow. stalled: the connection failed, readers wait for the next try.
 * closing: pictures flow for nobody, until `closeAfter` is over.
 */
export type PathStateName = 'idle' | 'opening' | 'ready' | 'stalled' | 'closing';

export interface PathState {
  readonly name: PathStateName;
  /** Who has asked for the pictures and is still there. */
  readonly readers: number;
}

export type PathTimer = 'patience' | 'retry' | 'close';

export type PathInput =
  | { readonly type: 'joined' }
  | { readonly type: 'left' }
  | { readonly type: 'source-ready' }
  /** `final`: trying again soon cannot help (login refused, no video). */
  | { readonly type: 'source-failed'; readonly final: boolean }
  | { readonly type: 'elapsed'; readonly timer: PathTimer }
  | { readonly type: 'shutdown' };

export type PathEffect =
  | { readonly type: 'open-source' }
  | { readonly type: 'close-source' }
  | { readonly type: 'arm'; readonly timer: PathTimer }
  | { readonly type: 'disarm'; readonly timer: PathTimer }
  /** Tell those who wait for the description that it is there. */
  | { readonly type: 'release' }
  /** Send all readers away, with the last failure. */
  | { readonly type: 'dismiss' };

export type PathStep = readonly [PathState, readonly PathEffect[]];

export const idlePath: PathState = { name: 'idle', readers: 0 };

const openSource: PathEffect = { type: 'open-source' };
const closeSource: PathEffect = { type: 'close-source' };
const release: PathEffect = { type: 'release' };
const dismiss: PathEffect = { type: 'dismiss' };
const arm = (timer: PathTimer): PathEffect => ({ type: 'arm', timer });
const disarm = (timer: PathTimer): PathEffect => ({ type: 'disarm', timer });

/** The next state and what to do, in order. An input that means nothing in a state changes nothing. */
export function stepPath(state: PathState, input: PathInput): PathStep {
  switch (input.type) {
    case 'joined':
      return joined({ ...state, readers: state.readers + 1 });
    case 'left':
      return left({ ...state, readers: Math.max(0, state.readers - 1) });
    case 'source-ready':
      return sourceReady(state);
    case 'source-failed':
      return sourceFailed(state, input.final);
    case 'elapsed':
      return elapsed(state, input.timer);
    case 'shutdown':
      return state.name === 'idle' ? [state, []] : [idlePath, [...quiet, closeSource, dismiss]];
  }
}

const quiet: readonly PathEffect[] = [disarm('patience'), disarm('retry'), disarm('close')];

function joined(state: PathState): PathStep {
  switch (state.name) {
    case 'idle':
      return [{ ...state, name: 'opening' }, [arm('patience'), openSource]];
    case 'closing':
      return [{ ...state, name: 'ready' }, [disarm('close'), release]];
    case 'ready':
      return [state, [release]];
    case 'opening':
    case 'stalled':
      return [state, []];
  }
}

/** A camera that is being opened is opened to the end: who gave up often comes again at once. */
function left(state: PathState): PathStep {
  if (state.readers > 0) return [state, []];
  if (state.name === 'ready') return [{ ...state, name: 'closing' }, [arm('close')]];
  if (state.name === 'stalled') return [idlePath, quiet];
  return [state, []];
}

function sourceReady(state: PathState): PathStep {
  if (state.name !== 'opening') return [state, []];
  if (state.readers === 0) return [{ ...state, name: 'closing' }, [disarm('patience'), arm('close')]];
  return [{ ...state, name: 'ready' }, [disarm('patience'), release]];
}

function sourceFailed(state: PathState, final: boolean): PathStep {
  if (state.name === 'idle' || state.name === 'stalled') return [state, []];
  if (state.readers === 0) return [idlePath, quiet];
  if (final) return [idlePath, [...quiet, dismiss]];
  const patience = state.name === 'opening' ? [] : [arm('patience')];
  return [{ ...state, name: 'stalled' }, [...patience, arm('retry')]];
}

function elapsed(state: PathState, timer: PathTimer): PathStep {
  if (timer === 'retry' && state.name === 'stalled') return [{ ...state, name: 'opening' }, [openSource]];
  if (timer === 'close' && state.name === 'closing') return [idlePath, [closeSource]];
  if (timer === 'patience' && state.name === 'stalled') return [idlePath, [...quiet, dismiss]];
  if (timer === 'patience' && state.name === 'opening') return [idlePath, [...quiet, closeSource, dismiss]];
  return [state, []];
}
