// The state machine of a path, as a table and by property.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idlePath, type PathEffect, type PathInput, type PathState, type PathStateName, stepPath } from '../../src/streams/path/state.ts';

const joined: PathInput = { type: 'joined' };
const left: PathInput = { type: 'left' };
const ready: PathInput = { type: 'source-ready' };
const failed: PathInput = { type: 'source-failed', final: false };
const refused: PathInput = { type: 'source-failed', final: true };
const shutdown: PathInput = { type: 'shutdown' };
const elapsed = (timer: 'patience' | 'retry' | 'close'): PathInput => ({ type: 'elapsed', timer });
const quiet = ['disarm patience', 'disarm retry', 'disarm close'];

const table: readonly (readonly [PathStateName, number, PathInput, PathStateName, number, readonly string[]])[] = [
  ['idle', 0, joined, 'opening', 1, ['arm patience', 'open-source']],
  ['idle', 0, left, 'idle', 0, []],
  ['idle', 0, ready, 'idle', 0, []],
  ['idle', 0, failed, 'idle', 0, []],
  ['idle', 0, shutdown, 'idle', 0, []],
  ['opening', 1, joined, 'opening', 2, []],
  ['opening', 1, left, 'opening', 0, []],
  ['opening', 2, ready, 'ready', 2, ['disarm patience', 'release']],
  ['opening', 0, ready, 'closing', 0, ['disarm patience', 'arm close']],
  ['opening', 1, failed, 'stalled', 1, ['arm retry']],
  ['opening', 1, refused, 'idle', 0, [...quiet, 'dismiss']],
  ['opening', 0, failed, 'idle', 0, quiet],
  ['opening', 1, elapsed('patience'), 'idle', 0, [...quiet, 'close-source', 'dismiss']],
  ['ready', 1, joined, 'ready', 2, ['release']],
  ['ready', 2, left, 'ready', 1, []],
  ['ready', 1, left, 'closing', 0, ['arm close']],
  ['ready', 1, failed, 'stalled', 1, ['arm patience', 'arm retry']],
  ['ready', 1, elapsed('close'), 'ready', 1, []],
  ['ready', 3, shutdown, 'idle', 0, [...quiet, 'close-source', 'dismiss']],
  ['stalled', 1, elapsed('retry'), 'opening', 1, ['open-source']],
  ['stalled', 1, joined, 'stalled', 2, []],
  ['stalled', 1, left, 'idle', 0, quiet],
  ['stalled', 1, elapsed('patience'), 'idle', 0, [...quiet, 'dismiss']],
  ['closing', 0, joined, 'ready', 1, ['disarm close', 'release']],
  ['closing', 0, elapsed('close'), 'idle', 0, ['close-source']],
  ['closing', 0, failed, 'idle', 0, quiet],
];

function spell(effect: PathEffect): string {
  return 'timer' in effect ? `${effect.type} ${effect.timer}` : effect.type;
}

describe('the state of a path', () => {
  it.each(table)('%s with %i readers, %o: %s with %i', (name, readers, input, after, left, effects) => {
    const [state, done] = stepPath({ name, readers }, input);
    expect(state).toEqual({ name: after, readers: left });
    expect(done.map(spell)).toEqual(effects);
  });

  it('never opens twice, never closes what is not open, and keeps no camera without a reader or a timer', () => {
    const inputs = fc.array(
      fc.constantFrom(joined, left, ready, failed, refused, shutdown, elapsed('patience'), elapsed('retry'), elapsed('close')),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(inputs, (sequence) => {
        let state: PathState = idlePath;
        let open = false;
        const armed = new Set<string>();
        for (const input of sequence) {
          if ((input.type === 'source-failed' || input.type === 'source-ready') && !open) continue;
          if (input.type === 'elapsed' && !armed.delete(input.timer)) continue;
          if (input.type === 'source-failed') open = false;
          const [after, effects] = stepPath(state, input);
          state = after;
          for (const effect of effects) {
            if (effect.type === 'open-source') expect(open).toBe(false);
            if (effect.type === 'open-source') open = true;
            if (effect.type === 'close-source') open = false;
            if (effect.type === 'arm') armed.add(effect.timer);
            if (effect.type === 'disarm') armed.delete(effect.timer);
          }
          expect(open).toBe(state.name === 'opening' || state.name === 'ready' || state.name === 'closing');
          if (state.name === 'idle') expect({ armed: armed.size, readers: state.readers }).toEqual({ armed: 0, readers: 0 });
          if (state.name === 'closing') expect(armed.has('close')).toBe(true);
          if (state.name === 'opening' || state.name === 'stalled') expect(armed.has('patience')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
