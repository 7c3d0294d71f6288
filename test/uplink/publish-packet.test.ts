// PUBLISH as bytes: what MQTT.js's own parser reads of it is what was to be said.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { IPublishPacket, Packet } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { encodePublish, packetSize } from '../../src/uplink/publish-packet.ts';
import type { Message } from '../../src/uplink/wire/index.ts';

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
});
