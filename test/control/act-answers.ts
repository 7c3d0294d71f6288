// A gateway's answers about acts on cameras.
import type { ControlHandlers } from '#control';

type ActHandlers = Pick<
  ControlHandlers,
  Extract<keyof ControlHandlers, `camera.ptz${string}` | `camera.relay${string}` | 'camera.reboot' | 'camera.clock'>
>;

/** What was asked last, for the tests to look at. */
export const actsAsked: { name: string; input: unknown }[] = [];
const note = (name: string, input: unknown): Record<string, never> => {
  actsAsked.push({ name, input });
  return {};
};
const clock = { offsetMs: -61_240, byNtp: false, zone: 'KST-9' };

export const actAnswers: ActHandlers = {
  'camera.ptz': async () => ({
    policy: 'idle-only',
    returnTo: 'home',
    holder: 'grant:0192',
    moving: false,
    position: { pan: 0.25, tilt: -0.1, zoom: 0 },
    presets: [
      { token: '1', name: '정문' },
      { token: '2', name: '2' },
    ],
  }),
  'camera.ptz-policy': async (input) => {
    note('camera.ptz-policy', input);
    return { policy: input.policy, returnTo: input.ptzReturn ?? 'home' };
  },
  'camera.ptz-drive': async function* (input) {
    note('camera.ptz-drive', input);
    yield { stopsInMs: 5000 };
    yield { ended: true };
  },
  'camera.ptz-move': async (input) => note('camera.ptz-move', input),
  'camera.ptz-go': async (input) => note('camera.ptz-go', input),
  'camera.ptz-stop': async (input) => note('camera.ptz-stop', input),
  'camera.relays': async () => ({ relays: [{ token: 'relay-1', mode: 'Bistable', idle: 'open' }] }),
  'camera.relay-set': async (input) => note('camera.relay-set', input),
  'camera.reboot': async (input) => note('camera.reboot', input),
  'camera.clock': async ({ set }) => (set ? { clock: { ...clock, offsetMs: 240 }, before: clock } : { clock }),
};
