// The verbs about cameras: list, add, set, remove, snapshot.
import { open, unlink } from 'node:fs/promises';
import { messageOf } from '#base';
import type { Asked, Result } from '../contract.ts';
import { faults } from '../faults.ts';
import { cameraStateWords } from '../messages/words.ts';
import { exits, UsageFault, type Verb, withGateway } from './context.ts';
import { type LoginOptions, readLogin } from './secret-file.ts';
import { orDash, textIn, timeText, word } from './words.ts';

export const cameraListVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('camera.list', {}));
  if (context.json) screen.json(answer);
  else if (answer.cameras.length === 0) screen.line(say('camera.none'));
  else {
    screen.table([
      [
        say('column.id'),
        say('column.name'),
        say('column.address'),
        say('column.model'),
        say('column.channels'),
        say('column.state'),
        say('column.since'),
        say('column.message'),
      ],
      ...answer.cameras.map((camera) => [
        camera.id,
        orDash(camera.name),
        camera.address,
        modelText(camera),
        String(camera.channels.length),
        word(cameraStateWords, camera.state, context),
        timeText(camera.since),
        textIn(camera.message, context),
      ]),
    ]);
  }
  return exits.done;
};

function modelText({ identity }: Result<'camera.list'>['cameras'][number]): string {
  return orDash([identity.maker, identity.model].filter((part) => part !== '').join(' '));
}

/** Options of `camera add`. */
export interface CameraAddOptions
  extends LoginOptions,
    Pick<Asked<'camera.add'>, 'name' | 'purpose' | 'place' | 'group' | 'latitude' | 'longitude'> {
  readonly address?: string;
  readonly rtsp?: readonly string[];
  readonly rtspSub?: readonly string[];
}

export const cameraAddVerb: Verb<CameraAddOptions> = async (context, options, id) => {
  const { say, screen } = context;
  const { rtsp = [], rtspSub = [], name, purpose, place, group, latitude, longitude } = options;
  const address = options.address ?? rtsp[0];
  const isEither = (options.address === undefined) !== (rtsp.length === 0);
  if (address === undefined) throw new UsageFault(say('usage.missingOption', { what: '--address <address>' }));
  if (!isEither || rtspSub.length > rtsp.length) throw new UsageFault(say('camera.addressOrRtsp'));
  const streams = rtsp.length > 0 ? rtsp.map((main, index) => ({ main, sub: rtspSub[index] })) : undefined;
  const login = await readLogin(context, options);
  const answer = await withGateway(context, (client) =>
    client.call('camera.add', { id, address, login, name, purpose, place, group, latitude, longitude, streams }),
  );
  const { camera, problem } = answer;
  if (context.json) screen.json(answer);
  else if (problem === undefined) screen.line(say('camera.added', { id, model: modelText(camera), channels: camera.channels.length }));
  else {
    screen.line(say('camera.addedUnseen', { id, problem: textIn(problem.message, context) }));
    screen.line(say('word.hint', { text: textIn(problem.hint, context) }));
  }
  return exits.done;
};

/** Options of `camera set`; false by `--no-group` and `--no-place`. */
export interface CameraSetOptions extends Pick<Asked<'camera.set'>, 'address' | 'name' | 'purpose' | 'latitude' | 'longitude'> {
  readonly group?: string | false;
  readonly place?: string | false;
}

export const cameraSetVerb: Verb<CameraSetOptions> = async (context, options, id) => {
  const { say, screen } = context;
  const { group, place, ...rest } = options;
  if (Object.keys(options).length === 0) throw new UsageFault(say('usage.cameraSet'));
  const nowhere = { place: '', latitude: null, longitude: null };
  const asked = { id, ...(place === false ? nowhere : { place }), ...rest, group: group === false ? null : group };
  const { camera, changed } = await withGateway(context, (client) => client.call('camera.set', asked));
  if (context.json) screen.json({ camera, changed });
  else screen.line(say(changed.length > 0 ? 'camera.set' : 'camera.setNothing', { id, fields: changed.join(', ') }));
  return exits.done;
};

export const cameraRemoveVerb: Verb<object> = async (context, _, id) => {
  await withGateway(context, (client) => client.call('camera.remove', { id }));
  if (context.json) context.screen.json({ id, removed: true });
  else context.screen.line(context.say('camera.removed', { id }));
  return exits.done;
};

/** Options of `camera snapshot`. */
export interface SnapshotOptions {
  readonly channel?: number;
  readonly reason: string;
  readonly out: string;
}

export const cameraSnapshotVerb: Verb<SnapshotOptions> = async (context, { channel, reason, out }, id) => {
  const saved = await saveNew(out, async () => {
    const answer = await withGateway(context, (client) => client.call('camera.snapshot', { id, channel, reason }));
    return { image: Buffer.from(answer.image, 'base64'), answer };
  });
  const { grant, takenAt } = saved.answer;
  const bytes = saved.image.length;
  if (context.json) context.screen.json({ grant, takenAt, file: out, bytes });
  else context.screen.line(context.say('camera.snapshot', { grant, file: out, bytes }));
  return exits.done;
};

/** Makes the file (0600, never over another) before the picture is asked for, so that no grant is spent on a full or forbidden folder. */
async function saveNew<T extends { readonly image: Buffer }>(path: string, take: () => Promise<T>): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    throw faults.fault('file-unwritable', { cause, detail: messageOf(cause) });
  });
  let saved = false;
  try {
    const taken = await take();
    await file.writeFile(taken.image).catch((cause: unknown) => {
      throw faults.fault('file-unwritable', { cause, detail: messageOf(cause) });
    });
    saved = true;
    return taken;
  } finally {
    await file.close();
    if (!saved) await unlink(path).catch(() => {});
  }
}
