// The field of the cameras' bench: a process of its own that is thousands of ONVIF cameras at once, each at its own loopback address, and speaks just enough.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { answerCall, denialOf, type FieldCamera, messageOf, openFieldCamera, pullReply } from './cameras-soap.ts';
import { percentile, round, steadyMs } from './measure.ts';

/** What the field is asked, and with what it answers. */
type Order =
  | { readonly order: 'notify'; readonly perSecond: number; readonly ms: number }
  | { readonly order: 'reboot'; readonly downMs: number }
  | { readonly order: 'look' };

/** How the cameras fare. */
export interface FieldView {
  /** Cameras whose login is right and that have a pull waiting. */
  readonly pulling: number;
  /** Most failed logins at one camera; those of a camera with another password among them. */
  readonly failedLogins: number;
  readonly requests: number;
  readonly connections: number;
}

/** Notifications that were sent. */
export interface FieldRun {
  readonly sent: number;
  /** From the moment that a camera has it to the moment that the gateway asks again, which it does after the commit. */
  readonly p99Ms: number;
  readonly p50Ms: number;
  /** Sent, and not asked again after within two minutes of the last; they count as if they took until then. */
  readonly unanswered: number;
  /** Sent in each second: fewer than asked for where the field itself came too late. */
  readonly perSecond: number;
  /** From the last notification to the last pull after one. */
  readonly tailSeconds: number;
  /** What the field's own process took meanwhile, of a core. */
  readonly loadCpuPercent: number;
}

/** The field's process. */
export interface Field extends AsyncDisposable {
  readonly port: number;
  look(): Promise<FieldView>;
  /** So many a second over all cameras in turn, states that change each time. Resolves when all were answered, or two minutes after the last. */
  notify(perSecond: number, ms: number): Promise<FieldRun>;
  /** All cameras go at once, forget what they knew, and come back after `downMs`. Resolves when they are back. */
  reboot(downMs: number): Promise<void>;
}

/** Address of camera `index`, from 0. */
export function fieldAddress(index: number): string {
  return `127.20.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

export const fieldLogin = { user: 'gate', password: 'field-pass-1' };

/** Starts the process: `cameras` good ones, then `strangers` whose password is another. */
export async function openField(cameras: number, strangers: number): Promise<Field> {
  const child = fork(new URL(import.meta.url), [String(cameras), String(strangers)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number];
  const ask = async (order: Order): Promise<unknown> => {
    child.send(order);
    const done = new AbortController();
    try {
      const [answer] = await Promise.race([once(child, 'message', done), died(child, done.signal)]);
      return answer;
    } finally {
      done.abort();
    }
  };
  return {
    port,
    look: () => ask({ order: 'look' }) as Promise<FieldView>,
    notify: (perSecond, ms) => ask({ order: 'notify', perSecond, ms }) as Promise<FieldRun>,
    reboot: async (downMs) => void (await ask({ order: 'reboot', downMs })),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
    },
  };
}

async function died(child: ChildProcess, signal: AbortSignal): Promise<never> {
  await once(child, 'exit', { signal });
  throw new Error('the field of cameras died');
}

const answerWithinMs = 120_000;

/** The process's own side. */
async function beField(cameras: number, strangers: number): Promise<void> {
  const field = new Map<string, FieldCamera>();
  for (let index = 0; index < cameras + strangers; index += 1) {
    const login = index < cameras ? fieldLogin : { ...fieldLogin, password: 'changed' };
    field.set(fieldAddress(index), openFieldCamera(login));
  }
  const all = [...field.values()];
  const sockets = new Set<Socket>();
  let [down, requests, connections] = [false, 0, 0];
  const server = createServer({ noDelay: true }, (socket) => {
    const camera = field.get(socket.localAddress ?? '');
    if (down || !camera) return void socket.resetAndDestroy();
    connections += 1;
    sockets.add(socket);
    let heard = '';
    socket.setEncoding('latin1');
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket);
        if (camera.pull?.socket === socket) camera.pull = undefined;
      });
    socket.on('data', (chunk: string) => {
      heard += chunk;
      const head = heard.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(heard)?.[1]);
      if (heard.length < head + 4 + length) return;
      requests += 1;
      const request = { head: heard.slice(0, head), body: heard.slice(head + 4, head + 4 + length), socket };
      heard = '';
      const denial = denialOf(camera, request);
      if (denial === undefined) answerCall(camera, request, server.port);
      else socket.write(denial);
    });
  }) as ReturnType<typeof createServer> & { port: number };
  // Every address of 127.0.0.0/8 at once; whoever comes from elsewhere finds no camera.
  server.listen(0, '0.0.0.0', 4096);
  await once(server, 'listening');
  server.port = (server.address() as { port: number }).port;

  const good = all.slice(0, cameras);
  const orders: Readonly<Record<Order['order'], (order: never) => Promise<unknown>>> = {
    async look() {
      const pulling = good.filter((camera) => camera.pull !== undefined).length;
      return { pulling, requests, connections, failedLogins: Math.max(...all.map((camera) => camera.failedLogins)) } satisfies FieldView;
    },
    async reboot({ downMs }: Extract<Order, { order: 'reboot' }>) {
      down = true;
      for (const socket of sockets) socket.resetAndDestroy();
      for (const camera of all) camera.reboot();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      down = false;
      return 'back';
    },
    notify: (order: Extract<Order, { order: 'notify' }>) => notifyAll(good, order),
  };
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    void orders[order.order](order as never).then((answer) => process.send?.(answer));
  });
  process.send?.(server.port);
}

async function notifyAll(cameras: readonly FieldCamera[], { perSecond, ms }: { perSecond: number; ms: number }): Promise<FieldRun> {
  const took: number[] = [];
  for (const camera of cameras) camera.onCommitted = (sinceMs) => took.push(steadyMs() - sinceMs);
  const [startMs, startCpu] = [steadyMs(), process.cpuUsage()];
  let sent = 0;
  for (let passed = 0; passed < ms; passed = steadyMs() - startMs) {
    for (; sent < (passed * perSecond) / 1000; sent += 1) emit(cameras[sent % cameras.length]);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const endMs = steadyMs();
  while (took.length < sent && steadyMs() < endMs + answerWithinMs) await new Promise((resolve) => setTimeout(resolve, 20));
  const { user, system } = process.cpuUsage(startCpu);
  const nowMs = steadyMs();
  const open = cameras.flatMap(({ told, queue }) => [...told, ...queue.map(({ atMs }) => atMs)]).filter((atMs) => !Number.isNaN(atMs));
  const all = [...took, ...open.map((atMs) => nowMs - atMs)];
  return {
    sent,
    p99Ms: percentile(all, 0.99),
    p50Ms: percentile(all, 0.5),
    unanswered: sent - took.length,
    perSecond: round((sent / (endMs - startMs)) * 1000, 0),
    tailSeconds: round((nowMs - endMs) / 1000, 1),
    loadCpuPercent: round((user + system) / 10 / (nowMs - startMs), 1),
  };
}

/** The state of the camera's rule changes: what waits is answered at once, else it is told with the next pull. */
function emit(camera: FieldCamera | undefined): void {
  if (!camera) return;
  camera.isInside = !camera.isInside;
  camera.queue.push({ text: messageOf(camera.isInside), atMs: steadyMs() });
  const { pull } = camera;
  if (!pull) return;
  clearTimeout(pull.timer);
  camera.pull = undefined;
  pull.socket.write(pullReply(camera));
}

if (process.send && process.argv[2] !== undefined) await beField(Number(process.argv[2]), Number(process.argv[3]));
