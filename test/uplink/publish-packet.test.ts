// PUBLISH as bytes: what MQTT.js's own parser reads of it is what was to be said.
import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import type { IPublishPacket, Packet } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { encodePublish, openPacketWriter, packetSize } from '../../src/uplink/publish-packet.ts';
import { asBytes, type Message } from '../../src/uplink/wire/index.ts';

/** The parser that MQTT.js itself uses. */
const { parser: openParser } = createRequire(import.meta.resolve('mqtt'))('mqtt-packet') as {
  parser(options: { readonly protocolVersion: number }): {
    on(event: 'packet', listener: (packet: Packet) => void): void;
    /** How many bytes are left over. */
    parse(bytes: Buffer): number;
  };
};

function parse(bytes: Buffer, level: 4 | 5): IPublishPacket | undefined {
  let found: IPublishPacket | undefined;
  const parser = openParser({ protocolVersion: level });
  parser.on('packet', (packet) => {
    if (packet.cmd === 'publish') found = packet;
  });
  expect(parser.parse(bytes)).toBe(0);
  return found;
}

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
const message: fc.Arbitrary<Message> = fc.record(
  {
    topic: fc.stringMatching(/^[a-z가-힣/]{1,200}$/),
    payload: fc.oneof(
      text,
      fc.constantFrom('x'.repeat(20_000)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    ),
    contentType: text,
    retain: fc.boolean(),
    expirySeconds: fc.nat(2 ** 31),
    correlationData: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  },
  { requiredKeys: ['topic', 'payload', 'contentType'] },
);

describe('encodePublish', () => {
  it.each([4, 5] as const)('says in level %i what a parser reads', (level) => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 65_535 }), (said, id) => {
        const bytes = encodePublish(said, id, level);
        expect(packetSize(said, level)).toBeGreaterThanOrEqual(bytes.length);
        const read = parse(bytes, level);
        expect(read).toMatchObject({ topic: said.topic, messageId: id, qos: 1, dup: false, retain: said.retain ?? false });
        expect(Buffer.from(read?.payload ?? '').equals(Buffer.from(said.payload))).toBe(true);
        if (level === 4) return;
        const { contentType, expirySeconds: messageExpiryInterval, correlationData } = said;
        expect(read?.properties).toEqual({
          payloadFormatIndicator: typeof said.payload === 'string',
          contentType,
          ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
          ...(correlationData && { correlationData }),
        });
      }),
    );
  });

  it.each([4, 5] as const)('is in level %i the same of text and of its bytes', (level) => {
    fc.assert(
      fc.property(message, (said) => {
        expect(encodePublish(asBytes(said), 7, level).equals(encodePublish(said, 7, level))).toBe(true);
      }),
    );
  });
});

describe('openPacketWriter', () => {
  it('writes each packet once and in order, whatever their sizes, and never over what was written', async () => {
    const sized = fc.oneof(
      message,
      fc.integer({ min: 30_000, max: 150_000 }).map((size) => ({ topic: 'a', payload: 'x'.repeat(size), contentType: 'b' })),
    );
    const turns = fc.array(fc.array(sized, { maxLength: 12 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(turns, async (all) => {
        const written: Buffer[] = [];
        const stream = new Writable({
          write(piece: Buffer, _, done) {
            written.push(piece);
            done();
          },
        });
        const write = openPacketWriter(stream, 5);
        let id = 0;
        for (const turn of all) {
          for (const said of turn) {
            id += 1;
            write(said, id);
          }
          await new Promise(setImmediate);
        }
        const packets = all.flat().map((said, index) => encodePublish(said, index + 1, 5));
        expect(Buffer.concat(written).equals(Buffer.concat(packets))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
