// The strings of the virtual cameras for another process: one JSON object a line over a Unix socket, answered one a line.
import { unlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { type Env, messageOf } from '#base';
import { type CameraFault, type Crowd, cameraFaults, cameraTopics, openCrowd, type SimulatedCamera, type Stream } from './cameras/index.ts';
import { fault } from './faults.ts';

const maxLineBytes = 65_536;
const camera = z.string().max(64);
const topic = z.enum(cameraTopics as readonly [(typeof cameraTopics)[number], ...(typeof cameraTopics)[number][]]);
const texts = z.record(z.string().max(64), z.string().max(1000));
const ms = z.number().min(0).max(86_400_000);
const report = z.strictObject({
  path: z.string().max(400),
  source: texts.optional(),
  key: texts.optional(),
  data: texts.optional(),
  operation: z.enum(['Initialized', 'Changed', 'Deleted']).optional(),
  utcTime: z.string().max(64).optional(),
});

/** `camera` is an id, or `*` for all. */
const requestSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('totals') }),
  z.strictObject({ do: z.literal('watch-logins') }),
  z.strictObject({ do: z.literal('list') }),
  z.strictObject({ do: z.literal('show'), camera }),
  z.strictObject({ do: z.literal('trigger'), camera, topic, active: z.boolean(), channel: z.int().min(1).max(64).optional() }),
  z.strictObject({ do: z.literal('tell'), camera, report }),
  /** Reports at a rate across all; 0 ends it. Answers how many were made since it began. */
  z.strictObject({ do: z.literal('rate'), perSecond: z.number().min(0).max(100_000), topic, subscribedOnly: z.boolean().optional() }),
  z.strictObject({
    do: z.literal('fail'),
    camera,
    fault: z.enum(cameraFaults).nullable(),
    only: z.string().max(80).optional(),
    slowMs: ms.optional(),
  }),
  z.strictObject({ do: z.literal('reboot'), camera, downMs: ms.optional(), spreadMs: ms.optional() }),
  z.strictObject({ do: z.literal('power'), camera, on: z.boolean() }),
  z.strictObject({ do: z.literal('move'), camera, host: z.ipv4() }),
  z.strictObject({ do: z.literal('replace'), camera, model: z.string().max(100).optional(), serial: z.string().max(100).optional() }),
  z.strictObject({ do: z.literal('update'), camera, firmware: z.string().max(100) }),
  z.strictObject({ do: z.literal('password'), camera, password: z.string().min(1).max(128) }),
  z.strictObject({ do: z.literal('reset'), camera }),
  z.strictObject({ do: z.literal('clock'), camera, offsetMs: z.number() }),
]);

type Request = z.output<typeof requestSchema>;

/** Opens the socket at `path`, which must not be in use; a dead one is replaced. Throws `simulator.port-taken`. */
export async function openRemote(path: string, cameras: readonly SimulatedCamera[], env: Env): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const strings = openStrings(cameras, env);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    talk(socket, strings);
  });
  await unlink(path).catch(() => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(fault('port-taken', { cause, detail: `${path} (${messageOf(cause)})` })));
    server.listen(path, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      strings[Symbol.dispose]();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Strings extends Disposable {
  pull(request: Request): unknown;
}

function talk(socket: Socket, strings: Strings): void {
  let waiting = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    waiting += text;
    if (waiting.length > maxLineBytes) return void socket.destroy();
    const lines = waiting.split('\n');
    waiting = lines.pop() ?? '';
    for (const line of lines) void answer(line, strings).then((reply) => socket.writable && socket.write(`${JSON.stringify(reply)}\n`));
  });
}

/** Answers carry the `id` of their question: a slow one does not hold up the next. */
async function answer(line: string, strings: Strings): Promise<object> {
  let id: unknown;
  try {
    const { id: asked, ...request } = JSON.parse(line) as { id?: unknown };
    id = asked;
    return { id, ok: true, value: (await strings.pull(requestSchema.parse(request))) ?? null };
  } catch (error) {
    return { id, ok: false, error: messageOf(error) };
  }
}

function openStrings(cameras: readonly SimulatedCamera[], env: Env): Strings {
  const byId = new Map(cameras.map((one) => [one.id, one]));
  const crowd = openCrowd(cameras, env.clock);
  let stream: Stream | undefined;
  const named = (id: string): readonly SimulatedCamera[] => {
    if (id === '*') return cameras;
    const one = byId.get(id);
    if (!one) throw new Error(`no camera ${id}`);
    return [one];
  };
  return {
    pull(request) {
      if (request.do === 'rate') {
        const sent = stream?.sent ?? 0;
        stream?.[Symbol.dispose]();
        const how = { subscribedOnly: request.subscribedOnly ?? false };
        stream = request.perSecond > 0 ? crowd.report(request.topic, request.perSecond, how) : undefined;
        return { sent };
      }
      if (!('camera' in request)) return ofAll(request.do, cameras, crowd);
      if (request.do === 'reboot' && request.camera === '*') return crowd.reboot(request.downMs, request.spreadMs);
      if (request.do === 'show') return named(request.camera).map(show)[0];
      return Promise.all(named(request.camera).map(async (one) => await act(request, one))).then(() => undefined);
    },
    [Symbol.dispose]: () => stream?.[Symbol.dispose](),
  };
}

function ofAll(what: 'totals' | 'watch-logins' | 'list', cameras: readonly SimulatedCamera[], crowd: Crowd): unknown {
  if (what === 'totals') return crowd.totals();
  if (what === 'watch-logins') return crowd.watchLogins();
  return cameras.map(({ id, host, port, personality, loginBy }) => ({ id, host, port, personality, loginBy }));
}

function show(one: SimulatedCamera): object {
  const { id, host, port, address, personality, loginBy, identity, streams, counts, pullPoints, locked, clockOffsetMs, relays, position } =
    one;
  return { id, host, port, address, personality, loginBy, identity, streams, counts, pullPoints, locked, clockOffsetMs, relays, position };
}

type OfOne = Extract<Request, { camera: string }>;

function act(request: OfOne, one: SimulatedCamera): void | Promise<void> {
  switch (request.do) {
    case 'trigger':
      return one.trigger({ topic: request.topic, active: request.active, channel: request.channel ?? 1 });
    case 'tell':
      return one.tell(given(request.report));
    case 'fail':
      return failAs(request.fault ?? undefined, request, one);
    case 'reboot':
      return one.reboot(request.downMs);
    case 'power':
      return one.power(request.on);
    case 'move':
      return one.move(request.host);
    case 'replace':
      return one.replace(given({ model: request.model, serial: request.serial }));
    case 'update':
      return one.update(request.firmware);
    case 'password':
      return one.setPassword(request.password);
    case 'reset':
      return one.reset();
    case 'clock':
      return one.setClock(request.offsetMs);
    case 'show':
      return undefined;
  }
}

function failAs(
  what: CameraFault | undefined,
  how: { only?: string | undefined; slowMs?: number | undefined },
  one: SimulatedCamera,
): void {
  one.fail(what, given({ only: how.only, slowMs: how.slowMs }));
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> } & { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

/** The same without what is undefined. */
function given<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Given<T>;
}
