// The Modbus codecs: published vectors, round trips, and whatever a line may bring.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeResponse, encodeRequest } from '../../src/sensors/modbus/index.ts';
import { nameException, type ReadRequest } from '../../src/sensors/modbus/pdu.ts';
import { planReads, pointValue, type RegisterPoint } from '../../src/sensors/modbus/points.ts';
import { crc16, encodeFrame, findResponse } from '../../src/sensors/modbus-rtu/frame.ts';
import { cutMbap, encodeMbap } from '../../src/sensors/modbus-tcp/mbap.ts';
import type { Register } from '../../src/sensors/options.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const requests: fc.Arbitrary<ReadRequest> = fc.oneof(
  fc.record({ function: fc.constantFrom(1 as const, 2 as const), address: fc.nat(65_535), count: fc.integer({ min: 1, max: 2000 }) }),
  fc.record({ function: fc.constantFrom(3 as const, 4 as const), address: fc.nat(65_535), count: fc.integer({ min: 1, max: 125 }) }),
);

function answerTo(request: ReadRequest, seed: number): { pdu: Buffer; values: number[] } {
  const values = Array.from({ length: request.count }, (_, index) => (seed * 31 + index * 7919) % (request.function <= 2 ? 2 : 65_536));
  const data = Buffer.alloc(request.function <= 2 ? Math.ceil(request.count / 8) : request.count * 2);
  for (const [index, value] of values.entries()) {
    if (request.function <= 2) data.writeUInt8(data.readUInt8(index >> 3) | (value << (index & 7)), index >> 3);
    else data.writeUInt16BE(value, index * 2);
  }
  return { pdu: Buffer.concat([Buffer.from([request.function, data.length]), data]), values };
}

describe('data units', () => {
  it.each([
    ['§6.1 read coils 20–38', { function: 1, address: 0x13, count: 0x13 }, '01 00 13 00 13', '01 03 CD 6B 05', '1011001111010110101'],
    [
      '§6.2 read discrete inputs 197–218',
      { function: 2, address: 0xc4, count: 0x16 },
      '02 00 C4 00 16',
      '02 03 AC DB 35',
      '0011010111011011101011',
    ],
  ] as const)('%s', (_, request, sent, received, bits) => {
    expect(encodeRequest(request)).toEqual(hex(sent));
    expect(decodeResponse(request, hex(received))).toEqual({ result: 'data', values: bits.split('').map(Number) });
  });

  it('§6.3 read holding registers 108–110, §6.4 read input register 9', () => {
    const holding = { function: 3, address: 0x6b, count: 3 } as const;
    expect(encodeRequest(holding)).toEqual(hex('03 00 6B 00 03'));
    expect(decodeResponse(holding, hex('03 06 02 2B 00 00 00 64'))).toEqual({ result: 'data', values: [0x22b, 0, 0x64] });
    expect(decodeResponse({ function: 4, address: 8, count: 1 }, hex('04 02 00 0A'))).toEqual({ result: 'data', values: [10] });
  });

  it.each([
    ['§6.5 write coil 173', { function: 5, address: 0xac, values: [1] }, '05 00 AC FF 00', '05 00 AC FF 00'],
    ['§6.6 write register 2', { function: 6, address: 1, values: [3] }, '06 00 01 00 03', '06 00 01 00 03'],
    ['§6.8.1 return query data', { function: 8, nonce: 0xa537 }, '08 00 00 A5 37', '08 00 00 A5 37'],
    [
      '§6.11 write coils 20–29',
      { function: 15, address: 0x13, values: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] },
      '0F 00 13 00 0A 02 CD 01',
      '0F 00 13 00 0A',
    ],
    ['§6.12 write registers 2–3', { function: 16, address: 1, values: [0x0a, 0x102] }, '10 00 01 00 02 04 00 0A 01 02', '10 00 01 00 02'],
  ] as const)('%s', (_, request, sent, received) => {
    expect(encodeRequest(request)).toEqual(hex(sent));
    const values = 'nonce' in request ? [request.nonce] : request.values;
    expect(decodeResponse(request, hex(received))).toEqual({ result: 'data', values });
    const other = hex(received);
    other[4] = (other[4] ?? 0) ^ 1;
    expect(decodeResponse(request, other)).toEqual({ result: 'mismatch' });
  });

  it('an exception is named, another function or length is no answer', () => {
    const request = { function: 3, address: 0, count: 1 } as const;
    expect(decodeResponse(request, hex('83 02'))).toEqual({ result: 'exception', code: 2 });
    for (const other of ['', '03', '03 02 00', '03 04 00 00 00 00', '04 02 00 01', '84 02', '83']) {
      expect(decodeResponse(request, hex(other)), other).toEqual({ result: 'mismatch' });
    }
    expect([nameException(2), nameException(99)]).toEqual([
      { ko: '예외 응답 2(없는 데이터 주소)', en: 'exception 2 (illegal data address)' },
      { ko: '예외 응답 99(알 수 없음)', en: 'exception 99 (unknown)' },
    ]);
  });
});

describe('RTU frames', () => {
  it('have the CRC of the specification and of its appendix', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0x4b37);
    expect(encodeFrame(2, hex('07'))).toEqual(hex('02 07 41 12'));
  });

  it('are found wherever they begin, after an echo, noise and other units’ answers', () => {
    fc.assert(
      fc.property(
        requests,
        fc.integer({ min: 1, max: 247 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 20 }),
        fc.boolean(),
        (request, unit, seed, noise, echo) => {
          const { pdu, values } = answerTo(request, seed);
          const before = [...(echo ? [encodeFrame(unit, encodeRequest(request))] : []), encodeFrame(unit === 247 ? 1 : unit + 1, pdu)];
          fc.pre(!noise.includes(unit));
          const received = Buffer.concat([...before, noise, encodeFrame(unit, pdu), noise]);
          expect(findResponse(received, unit, request)).toEqual({ result: 'data', values });
        },
      ),
    );
  });

  it('are not found while a byte is missing or any bit is wrong', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 247 }), fc.nat(), fc.nat(), (request, unit, seed, flip) => {
        const frame = encodeFrame(unit, answerTo(request, seed).pdu);
        expect(findResponse(frame.subarray(0, -1), unit, request)).toBeUndefined();
        const bit = flip % (frame.length * 8);
        frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(findResponse(frame, unit, request)).toBeUndefined();
      }),
    );
  });

  it('do not throw on anything', () => {
    fc.assert(
      fc.property(
        requests,
        fc.uint8Array({ maxLength: 300 }),
        (request, bytes) => void findResponse(Buffer.from(bytes), bytes[0] ?? 1, request),
      ),
    );
  });
});

describe('MBAP', () => {
  it('gives back every frame however the stream is cut', () => {
    const frames = fc.array(
      fc.record({
        transaction: fc.nat(65_535),
        unit: fc.nat(255),
        pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }).map((pdu) => Buffer.from(pdu)),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.nat(40), { minLength: 1 }), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(({ transaction, unit, pdu }) => encodeMbap(transaction, unit, pdu)));
        const got: unknown[] = [];
        let rest = Buffer.alloc(0);
        for (let at = 0, index = 0; at < stream.length; index += 1) {
          const size = 1 + (cuts[index % cuts.length] ?? 0);
          const cut = cutMbap(Buffer.concat([rest, stream.subarray(at, at + size)]));
          expect(cut.broken).toBe(false);
          got.push(...cut.frames);
          rest = Buffer.from(cut.rest);
          at += size;
        }
        expect(got).toEqual(sent);
        expect(rest.length).toBe(0);
      }),
    );
  });

  it.each([
    ['another protocol', '00 01 00 01 00 02 01 03'],
    ['no data unit', '00 01 00 00 00 01 01'],
    ['longer than any data unit', '00 01 00 00 01 00 01'],
    ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n').toString('hex')],
  ])('%s is broken', (_, bytes) => {
    expect(cutMbap(hex(bytes))).toMatchObject({ frames: [], broken: true });
  });
});

const point = (part: Partial<Register> & Pick<Register, 'function' | 'address' | 'type'>): RegisterPoint => {
  return {
    name: `p${part.address}`,
    modbus: { wordOrder: 'high-first', scale: 1, offset: 0, ...part },
    pathScale: 1,
    pathOffset: 0,
    unit: '',
  };
};

describe('points', () => {
  it('that touch are read together, others apart', () => {
    const reads = planReads([
      point({ function: 3, address: 10, type: 'float32' }),
      point({ function: 1, address: 2, type: 'bit' }),
      point({ function: 3, address: 12, type: 'int16' }),
      point({ function: 1, address: 1, type: 'bit' }),
      point({ function: 3, address: 20, type: 'int16' }),
      point({ function: 4, address: 13, type: 'int16' }),
    ]);
    expect(reads.map(({ request, points }) => [request.function, request.address, request.count, points.length])).toEqual([
      [1, 1, 2, 2],
      [3, 10, 3, 2],
      [3, 20, 1, 1],
      [4, 13, 1, 1],
    ]);
  });

  it('are each read exactly once and never beyond what a request may hold', () => {
    const any = fc.record({
      function: fc.constantFrom(3 as const, 4 as const),
      address: fc.nat(300),
      type: fc.constantFrom('int16' as const, 'uint32' as const),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 64 }), (parts) => {
        const points = parts.map((part, index) => ({ ...point(part), name: `p${index}` }));
        const reads = planReads(points);
        expect(reads.flatMap((read) => read.points.map(({ name }) => name)).toSorted()).toEqual(points.map(({ name }) => name).toSorted());
        for (const { request, points: served } of reads) {
          expect(request.count).toBeLessThanOrEqual(125);
          for (const {
            modbus: { address, type },
          } of served) {
            expect(address).toBeGreaterThanOrEqual(request.address);
            expect(address + (type === 'uint32' ? 2 : 1)).toBeLessThanOrEqual(request.address + request.count);
          }
        }
      }),
    );
  });

  it.each([
    ['uint16', 'high-first', [0xffff], 65_535],
    ['int16', 'high-first', [0xffff], -1],
    ['uint32', 'high-first', [1, 2], 65_538],
    ['uint32', 'low-first', [2, 1], 65_538],
    ['int32', 'high-first', [0xffff, 0xfffe], -2],
    ['float32', 'high-first', [0x4148, 0], 12.5],
    ['float32', 'low-first', [0, 0x4148], 12.5],
    ['float32', 'high-first', [0x7fc0, 0], undefined],
  ] as const)('%s %s %j is %s', (type, wordOrder, values, expected) => {
    const request = { function: 3, address: 100, count: 2 } as const;
    expect(pointValue(point({ function: 3, address: 100, type, wordOrder }), request, values)).toBe(expected);
  });

  it('that are bits of one register are read once, scaled and shifted like any other', () => {
    const bits = [0, 3, 15].map((bit) => ({ ...point({ function: 3, address: 7, type: 'uint16', bit }), name: `bit${bit}` }));
    const [read, ...others] = planReads(bits);
    expect([read?.request, others]).toEqual([{ function: 3, address: 7, count: 1 }, []]);
    expect(bits.map((each) => pointValue(each, { function: 3, address: 7, count: 1 }, [0x8008]))).toEqual([0, 1, 1]);
    const celsius = point({ function: 4, address: 0, type: 'uint16', scale: 0.5, offset: -40 });
    expect(pointValue(celsius, { function: 4, address: 0, count: 1 }, [100])).toBe(10);
  });
});
