// Compression of large batches: days of readings shall pass a narrow line.
import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';
import type { UplinkOptions } from './options.ts';
import { cloudEventType, type Message } from './wire/index.ts';

const packers = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };
const leastBytes = 1024;

/**
 * The message with its payload compressed, where that is asked for and makes it smaller; below 1 KiB as it is. The content type says so on MQTT 5; on
 * 3.1.1 the first bytes do: JSON begins with `{`, gzip with 1f 8b (RFC 1952), zstd with 28 b5 2f fd (RFC 8878).
 */
export async function compress(message: Message, compression: UplinkOptions['compression']): Promise<Message> {
  const size = Buffer.byteLength(message.payload);
  if (compression === 'none' || size <= leastBytes) return message;
  const payload = await packers[compression](message.payload);
  return payload.byteLength < size
    ? { ...message, payload, isText: false, contentType: `${cloudEventType}; encoding=${compression}` }
    : message;
}
