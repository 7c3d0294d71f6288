// A Korean R-type fire panel's printer line behind a serial server: lines in CP949 to whoever is connected, a sign of life every ten seconds.
import { createServer, type Socket } from 'node:net';
import type { Env } from '#base';
import { type Listening, listen } from '../listen.ts';
import type { SensorFault, SensorFind } from './kinds.ts';
import { lateMs } from './modbus.ts';

/** A panel. Nobody keeps what it prints while nobody is connected. */
export interface FirePanel extends AsyncDisposable {
  readonly port: number;
  /** `fire` ends with the panel's reset, `trouble` (a cut wire) and `mains` with their own lines. */
  find(what: SensorFind, active: boolean): Promise<void>;
  fail(fault: SensorFault | undefined): void;
}

const aliveMs = 10_000;
const floodMs = 20;
const noiseBytes = 24;
const zone = '01-001';
const premises = '본관 1층 로비';
const koreaMs = 9 * 3_600_000;

/** What is printed, by what begins and ends. */
const words: Readonly<Partial<Record<SensorFind, readonly [begins: string, ends: string]>>> = {
  fire: [`[화재] {time} ${zone} ${premises}`, '[복구] {time} 수신기 복구'],
  trouble: [`[단선] {time} ${zone} ${premises}`, `[단선복구] {time} ${zone} ${premises}`],
  mains: ['[정전] {time}', '[복전] {time}'],
};

/** Opens a panel at `host:port` (0: a free port). Throws `simulator.port-taken`. */
export async function openFirePanel({ host, port }: { readonly host: string; readonly port: number }, env: Env): Promise<FirePanel> {
  const sockets = new Set<Socket>();
  let fault: SensorFault | undefined;
  let since = 0;
  let next: Disposable | undefined;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (fault === 'unplug') return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  const listening: Listening = await listen(server, host, port);
  const write = (bytes: Uint8Array): void => {
    for (const socket of sockets) if (socket.writable) socket.write(bytes);
  };
  const print = async (line: string): Promise<void> => {
    if (fault === 'silent') return;
    if (fault === 'late') await env.clock.sleep(lateMs);
    const gainedMs = fault === 'drift' ? env.clock.monotonicMs() - since : 0;
    const time = new Date(env.clock.now() + koreaMs + gainedMs).toISOString().slice(0, 19).replace('T', ' ');
    if (fault === 'noise') write(env.random.bytes(noiseBytes));
    write(encodeKorean(`${line.replace('{time}', time)}\r\n`));
  };
  const goOn = (): void => {
    const isFlood = fault === 'flood';
    next = env.clock.after(isFlood ? floodMs : aliveMs, () => {
      void print(isFlood ? '[확인] {time} 조작부' : '[정상] {time}');
      goOn();
    });
  };
  goOn();
  return {
    port: listening.port,
    async find(what, active) {
      const line = words[what]?.[active ? 0 : 1];
      if (line !== undefined) await print(line);
    },
    fail(what) {
      fault = what;
      since = env.clock.monotonicMs();
      if (what === 'unplug') listening.dropAll();
      next?.[Symbol.dispose]();
      goOn();
    },
    async [Symbol.asyncDispose]() {
      next?.[Symbol.dispose]();
      await listening[Symbol.asyncDispose]();
    },
  };
}

let table: ReadonlyMap<string, readonly [number, number]> | undefined;

/** CP949 of what stands in KS X 1001; the platform only reads it, so its own reading is turned round. Another character becomes a question mark. */
function encodeKorean(text: string): Uint8Array {
  table ??= koreanTable();
  return Uint8Array.from(Array.from(text).flatMap((char) => (char < '\x80' ? [char.charCodeAt(0)] : [...(table?.get(char) ?? [0x3f])])));
}

function koreanTable(): ReadonlyMap<string, readonly [number, number]> {
  const decoder = new TextDecoder('euc-kr');
  const made = new Map<string, readonly [number, number]>();
  for (let lead = 0xa1; lead <= 0xfe; lead += 1)
    for (let trail = 0xa1; trail <= 0xfe; trail += 1) made.set(decoder.decode(Uint8Array.of(lead, trail)), [lead, trail]);
  return made;
}
