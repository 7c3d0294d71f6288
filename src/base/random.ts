// Randomness and the identifiers made from it, handed to every room so that tests can repeat a run.
import { randomBytes } from 'node:crypto';

/** Source of randomness. */
export interface Random {
  /** `size` unpredictable bytes. */
  bytes(size: number): Buffer;
  /** A number in [0, 1). */
  uniform(): number;
}

const poolBytes = 4096;
const largestPooled = 64;

/** The generator is asked for many bytes at once, since 16 cost it as much as 4,096. No byte is handed out twice, and none with those to come behind it. */
function openPool(): (size: number) => Buffer {
  let pool = Buffer.alloc(0);
  return (size) => {
    if (size > largestPooled) return randomBytes(size);
    if (pool.length < size) pool = randomBytes(poolBytes);
    const bytes = Buffer.from(pool.subarray(0, size));
    pool = pool.subarray(size);
    return bytes;
  };
}

const pooledBytes = openPool();

/** The machine's cryptographic generator. */
export const systemRandom: Random = {
  bytes: pooledBytes,
  uniform: () => pooledBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

/**
 * A UUID of version 7: sorts by `nowMs` in its first 48 bits.
 * @see RFC 9562 §5.7
 */
export function uuidv7(nowMs: number, random: Random): string {
  const bytes = random.bytes(16);
  bytes.writeUIntBE(Math.max(0, Math.trunc(nowMs)), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
