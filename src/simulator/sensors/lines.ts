// The lines that Modbus units stand on: a serial line at a pseudo terminal, and a TCP server.
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Env } from '#base';
import { type Listening, listen } from '../listen.ts';
import { type Framed, takeRtu, takeRtuAfterSilence, takeTcp, writeRtu, writeTcp } from './frames.ts';
import { answerPdu, lateMs, type ModbusUnit } from './modbus.ts';
import { openPty, type Pty } from './pty.ts';

/** A serial line with its units. */
export interface SerialLine extends AsyncDisposable {
  /** Path of the port for the master: the same also when the adapter was pulled out and put in again. */
  readonly path: string;
  /** Pulls the adapter out, or puts it in again: the port is then another one under the same name. Nothing happens where it is so already. */
  plug(isIn: boolean): Promise<void>;
}

/** A TCP server with its units. */
export interface TcpLine extends Listening {
  /** Pulls the cable, or puts it in again: connections end at once. */
  plug(isIn: boolean): void;
}

const floodTimes = 50;
const noiseBytes = 7;

/** What a unit sends for one answer: pieces, in order. `write` makes the frame in the name of a unit. */
function answersOf(unit: ModbusUnit, write: (unitId: number, isCorrupt: boolean) => Buffer, env: Env): readonly Buffer[] {
  const name = unit.fault === 'wrong-unit' ? (unit.unitId % 247) + 1 : unit.unitId;
  const frame = write(name, unit.fault === 'corrupt');
  if (unit.fault === 'noise') return [env.random.bytes(noiseBytes), frame, env.random.bytes(noiseBytes)];
  return unit.fault === 'flood' ? Array.from({ length: floodTimes }, () => frame) : [frame];
}

/** After this silence a half frame is thrown away, milliseconds; longer than t3.5 because pipes are not wires. */
const silenceMs = 30;
const maxHeldBytes = 1024;

/** Opens a serial line. A broadcast (unit 0) is done by all units and answered by none. Throws as `openPty`. */
export async function openSerialLine(units: readonly ModbusUnit[], env: Env): Promise<SerialLine> {
  let held: Buffer = Buffer.alloc(0);
  let silence: Disposable | undefined;
  const serve = (framed: Framed): void => {
    for (const unit of units) {
      if (framed.unitId !== unit.unitId && framed.unitId !== 0) continue;
      unit.requests += 1;
      if (unit.fault === 'silent') continue;
      const answer = answerPdu(unit, framed.pdu);
      if (framed.unitId === 0) continue;
      const pieces = answersOf(unit, (unitId, isCorrupt) => writeRtu(unitId, answer, isCorrupt), env);
      const send = (): void => {
        for (const piece of pieces) pty?.write(piece);
      };
      if (unit.fault === 'late') env.clock.after(lateMs, send);
      else send();
    }
  };
  const hear = (bytes: Buffer): void => {
    silence?.[Symbol.dispose]();
    held = Buffer.concat([held, bytes]).subarray(-maxHeldBytes);
    for (let framed = takeRtu(held); framed; framed = takeRtu(held)) {
      held = held.subarray(framed.size);
      serve(framed);
    }
    silence = env.clock.after(silenceMs, () => {
      const framed = takeRtuAfterSilence(held);
      held = Buffer.alloc(0);
      if (framed) serve(framed);
    });
  };
  let pty: Pty | undefined = await openPty(hear, env);
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-serial-'));
  const path = join(folder, 'serial-1');
  await symlink(pty.path, path);
  return {
    path,
    async plug(isIn) {
      if (isIn === (pty !== undefined)) return;
      await rm(path, { force: true });
      const pulled = pty;
      pty = undefined;
      await pulled?.[Symbol.asyncDispose]();
      if (!isIn) return;
      const fresh = await openPty(hear, env);
      pty = fresh;
      await symlink(fresh.path, path);
    },
    async [Symbol.asyncDispose]() {
      await pty?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens a Modbus TCP server (0: a free port); an unknown unit is answered with exception 11. Throws `simulator.port-taken`. */
export async function openModbusTcp(options: { host: string; port: number; units: readonly ModbusUnit[] }, env: Env): Promise<TcpLine> {
  const byId = new Map(options.units.map((unit) => [unit.unitId, unit]));
  let isPlugged = true;
  const server = createServer({ noDelay: true }, (socket) => {
    if (!isPlugged) return void socket.destroy();
    let held: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      held = Buffer.concat([held, bytes]);
      for (let framed = takeTcp(held); framed !== 'more'; framed = takeTcp(held)) {
        if (framed === 'bad') return void socket.destroy();
        held = held.subarray(framed.size);
        serveTcp(socket, framed, byId.get(framed.unitId), env);
      }
    });
  });
  const listening = await listen(server, options.host, options.port);
  return {
    port: listening.port,
    dropAll: listening.dropAll,
    plug(isIn) {
      isPlugged = isIn;
      if (!isIn) listening.dropAll();
    },
    [Symbol.asyncDispose]: async () => await listening[Symbol.asyncDispose](),
  };
}

function serveTcp(socket: Socket, framed: Framed & { transaction: number }, unit: ModbusUnit | undefined, env: Env): void {
  if (unit) unit.requests += 1;
  if (unit?.fault === 'silent') return;
  const answer = unit ? answerPdu(unit, framed.pdu) : Buffer.from([(framed.pdu[0] ?? 0) | 0x80, 11]);
  const write = (unitId: number, isCorrupt: boolean): Buffer => writeTcp(framed.transaction + (isCorrupt ? 7 : 0), unitId, answer);
  const pieces = unit ? answersOf(unit, write, env) : [write(framed.unitId, false)];
  const send = (): void => {
    for (const piece of pieces) if (socket.writable) socket.write(piece);
  };
  if (unit?.fault === 'late') env.clock.after(lateMs, send);
  else send();
}
