// The hub's reader for tests that need no hub.
import { openReader, type StreamReader } from '../../src/simulator/hub/reader.ts';
import { env } from './world.ts';

/** Opens an address with a short patience. */
export async function openReaderForTest(url: string): Promise<StreamReader> {
  return await openReader(url, { timeoutMs: 3000 }, env);
}
