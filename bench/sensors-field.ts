// The field of the sensors' bench: a process of its own that is thousands of Modbus TCP units, and says when it first told an alarm.
// Each unit has two input registers: 0 counts its answers, 1 is 1 while it burns.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { steadyMs } from './measure.ts';

type Order =
  | { readonly order: 'look' }
  | { readonly order: 'burn'; readonly bus: number; readonly unit: number; readonly on: boolean }
  | { readonly order: 'mute' };

/** What the units have said. */
export interface SensorsView {
  /** Answers with values, of all units, since the start. */
  readonly answered: number;
  /** Processor time of the field's process so far, seconds. */
  readonly cpuSeconds: number;
  /** When each fire was first told, by `bus/unit`, on the clock of `steadyMs`. */
  readonly toldAt: Readonly<Record<string, number>>;
}

/** The field's process. */
export interface SensorsField extends AsyncDisposable {
  /** One port a bus. */
  readonly ports: readonly number[];
  look(): Promise<SensorsView>;
  burn(bus: number, unit: number, on: boolean): Promise<void>;
  /** Answers nothing any more, so that all that was answered can be accounted for. */
  mute(): Promise<void>;
}

/** Starts the process with so many buses. */
export async function openSensorsField(buses: number): Promise<SensorsField> {
  const child = fork(new URL(import.meta.url), [String(buses)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [ports] = (await once(child, 'message')) as [readonly number[]];
  let queue = Promise.resolve<unknown>(undefined);
  const ask = (order: Order): Promise<unknown> => {
    const answer = queue.then(() => askNow(child, order));
    queue = answer.catch(() => {});
    return answer;
  };
  return {
    ports,
    look: () => ask({ order: 'look' }) as Promise<SensorsView>,
    burn: async (bus, unit, on) => void (await ask({ order: 'burn', bus, unit, on })),
    mute: async () => void (await ask({ order: 'mute' })),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
    },
  };
}

async function askNow(child: ChildProcess, order: Order): Promise<unknown> {
  child.send(order);
  const [answer] = (await once(child, 'message')) as [unknown];
  return answer;
}

const state = { answered: 0, muted: false, burning: new Set<string>(), toldAt: new Map<string, number>() };

/** The answer to one request for two input registers: MBAP header, unit, function 4, four bytes. */
function answer(bus: number, request: Buffer): Buffer {
  const unit = request.readUInt8(6);
  const name = `${bus}/${unit}`;
  const burns = state.burning.has(name);
  state.answered += 1;
  if (burns && !state.toldAt.has(name)) state.toldAt.set(name, steadyMs());
  const reply = Buffer.alloc(13);
  request.copy(reply, 0, 0, 4);
  reply.writeUInt16BE(7, 4);
  reply.writeUInt8(unit, 6);
  reply.writeUInt8(4, 7);
  reply.writeUInt8(4, 8);
  reply.writeUInt16BE(state.answered & 0x7fff, 9);
  reply.writeUInt16BE(Number(burns), 11);
  return reply;
}

const requestBytes = 12;

function serve(bus: number, socket: Socket): void {
  socket.setNoDelay(true).on('error', () => {});
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (; rest.length >= requestBytes; rest = rest.subarray(requestBytes)) if (!state.muted) socket.write(answer(bus, rest));
  });
}

function obey(order: Order): unknown {
  if (order.order === 'burn') {
    const name = `${order.bus}/${order.unit}`;
    if (order.on) state.burning.add(name);
    else state.burning.delete(name);
  }
  if (order.order === 'mute') state.muted = true;
  if (order.order !== 'look') return true;
  const { user, system } = process.cpuUsage();
  return { answered: state.answered, cpuSeconds: (user + system) / 1e6, toldAt: Object.fromEntries(state.toldAt) };
}

if (process.send && import.meta.filename === process.argv[1]) {
  const ports: number[] = [];
  for (let bus = 0; bus < Number(process.argv[2]); bus += 1) {
    const server = createServer((socket) => serve(bus, socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') ports.push(address.port);
  }
  process.send(ports);
  process.on('message', (order: Order) => process.send?.(obey(order)));
  process.on('disconnect', () => process.exit());
}
