// The lines that Modbus units stand on: a serial line at a pseudo terminal, and a TCP server.
import { createServer, type Socket } from 'node:net';
import type { Env } from '#base';
import { type Listening, listen } from '../listen.ts';
import { type Framed, takeRtu, takeRtuAfterSilence, takeTcp, writeRtu, writeTcp } from './frames.ts';
import { answerPdu, lateMs, type ModbusUnit } from './modbus.ts';
import { openPty } from './pty.ts';

/** A serial line with its units. */
export interface SerialLine extends AsyncDisposable {
  /** Path of the port for the master. */
  readonly path: string;
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
      const frame = writeRtu(unit.unitId, answer, unit.fault === 'corrupt');
      if (unit.fault === 'late') env.clock.after(lateMs, () => pty.write(frame));
      else pty.write(frame);
    }
  };
  const pty = await openPty((bytes) => {
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
  }, env);
  return { path: pty.path, [Symbol.asyncDispose]: async () => await pty[Symbol.asyncDispose]() };
}

/** Opens a Modbus TCP server (0: a free port); an unknown unit is answered with exception 11. Throws `simulator.port-taken`. */
export async function openModbusTcp(options: { host: string; port: number; units: readonly ModbusUnit[] }, env: Env): Promise<Listening> {
  const byId = new Map(options.units.map((unit) => [unit.unitId, unit]));
  const server = createServer({ noDelay: true }, (socket) => {
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
  return await listen(server, options.host, options.port);
}

function serveTcp(socket: Socket, framed: Framed & { transaction: number }, unit: ModbusUnit | undefined, env: Env): void {
  if (unit) unit.requests += 1;
  if (unit?.fault === 'silent') return;
  const answer = unit ? answerPdu(unit, framed.pdu) : Buffer.from([(framed.pdu[0] ?? 0) | 0x80, 11]);
  const frame = writeTcp(framed.transaction + (unit?.fault === 'corrupt' ? 7 : 0), framed.unitId, answer);
  const send = (): void => void (socket.writable && socket.write(frame));
  if (unit?.fault === 'late') env.clock.after(lateMs, send);
  else send();
}
