// The serial line: one exchange at a time, matched by content, quiet after a timeout.
import type { Env } from '#base';
import { type Answer, dataBytes, encodeReadRequest, type Line, type ReadRequest } from '../modbus/index.ts';
import { encodeFrame, findResponse } from './frame.ts';
import { openBytePort, type RtuBusOptions } from './port.ts';
import { afterProbe, afterTimeout, fullTrust, stanceOf, type Trust } from './trust.ts';

/** Rounds of quiet after a timeout while the line goes on talking; then it is asked again all the same. */
const maxQuietRounds = 4;

/** Opens the line. Rejects as `openBytePort` does. */
export async function openSerialLine(options: RtuBusOptions, env: Env): Promise<Line> {
  const port = await openBytePort(options, env);
  const trusts = new Map<number, Trust>();
  const stayQuiet = async (signal: AbortSignal): Promise<void> => {
    for (let round = 0; round < maxQuietRounds; round += 1) {
      await port.flush();
      await port.receive(() => undefined, options.responseTimeout, signal);
      if (port.received.length === 0) break;
    }
  };
  return {
    async exchange(unit, request, signal): Promise<Answer> {
      signal.throwIfAborted();
      const trust = trusts.get(unit) ?? fullTrust;
      const stance = stanceOf(trust, env.clock.monotonicMs());
      if (stance.do === 'wait') return { result: 'wait', ms: stance.ms };
      await env.clock.sleep(frameGapMs(options.baud), signal);
      await port.flush();
      const sentAt = env.clock.monotonicMs();
      await port.send(encodeFrame(unit, encodeReadRequest(request)));
      const patienceMs = options.responseTimeout + transferMs(request, options.baud);
      const answer = await port.receive(() => findResponse(port.received, unit, request), patienceMs, signal);
      if (!answer || answer.result === 'mismatch') {
        const garbled = port.received.length > 0;
        trusts.set(unit, afterTimeout(trust, sentAt));
        await stayQuiet(signal);
        return { result: 'timeout', garbled };
      }
      if (stance.do === 'ask') return answer;
      const nowMs = env.clock.monotonicMs();
      const proven = afterProbe(trust, { sentAt, nowMs, responseTimeoutMs: options.responseTimeout });
      trusts.set(unit, proven);
      return { result: 'wait', ms: proven.quietUntil - nowMs };
    },
    [Symbol.asyncDispose]: () => port[Symbol.asyncDispose](),
  };
}

/** Silence between frames, §2.5.1.1: 3.5 characters, 1.75 ms above 19200 baud; a timer keeps it roughly, which is why frames are told by length and CRC. */
function frameGapMs(baud: number): number {
  return Math.ceil(baud > 19_200 ? 1.75 : 38_500 / baud) + 1;
}

/** How long request and answer are on the wire, 11 bits a character. */
function transferMs(request: ReadRequest, baud: number): number {
  const requestBytes = 8;
  return Math.ceil(((requestBytes + dataBytes(request) + 5) * 11_000) / baud);
}
