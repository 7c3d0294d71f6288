// Fetches a still from the media process over loopback, for the technician's door.
import { get as httpsGet } from 'node:https';
import { nodeHttp } from '#base';
import { faults } from './faults.ts';

const maxBytes = 8 * 2 ** 20;
const timeoutMs = 20_000;

/**
 * The JPEG at `address`, at most 8 MiB, within 20 s. The address is this machine's own, so its certificate is not asked who it is.
 * @throws gateway.still-failed
 */
export function fetchStill(address: string, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(faults.fault('still-failed', { cause, detail: cause instanceof Error ? cause.message : String(cause) }));
    const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), agent: false as const };
    const get = address.startsWith('https:') ? httpsGet : nodeHttp().get;
    get(address, { ...options, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) response.destroy(new Error('larger than 8 MiB'));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(body);
        else fail(`${response.statusCode} ${body.toString('utf8', 0, 200).trim()}`);
      });
    }).on('error', fail);
  });
}
