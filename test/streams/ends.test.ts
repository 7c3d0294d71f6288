// The end of a grant stays where it is, however long the media process takes to start.
import { describe, expect, it } from 'vitest';
import { leaseOf, makeLease, openRelay } from './site.ts';

const url = 'rtsp://127.0.0.1:1/x';
const slowEntry = new URL('./slow-media-entry.ts', import.meta.url);

describe('a lease that had to wait for a slow media process', () => {
  it('ends when it was to end', async () => {
    await using relay = openRelay({}, slowEntry);
    const askedAt = performance.now();
    const lease = makeLease(url, { remainingMs: 4_000 });
    await relay.streams.admit(leaseOf(lease));
    expect(performance.now() - askedAt).toBeGreaterThan(1_500);
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'expired' });
    expect(performance.now() - askedAt).toBeGreaterThan(3_900);
    expect(performance.now() - askedAt).toBeLessThan(5_200);
  });

  it('is refused when nothing is left of it', async () => {
    await using relay = openRelay({}, slowEntry);
    const lease = makeLease(url, { remainingMs: 1_000 });
    await expect(relay.streams.admit(leaseOf(lease))).rejects.toMatchObject({ code: 'streams.too-late' });
    expect(await relay.streams.status()).toMatchObject({ leases: 0 });
  });

  it('ends when it was to end, also when the media process died in between', async () => {
    await using relay = openRelay({}, slowEntry);
    await relay.streams.admit(leaseOf(makeLease(url)));
    const askedAt = performance.now();
    const lease = makeLease(url, { remainingMs: 4_000 });
    await relay.streams.admit(leaseOf(lease));
    const { media } = await relay.streams.status();
    process.kill(media.pid ?? 0, 'SIGKILL');
    await relay.until('media-down');
    await relay.streams.extend(lease.grant, 5_000 - (performance.now() - askedAt));
    expect(performance.now() - askedAt).toBeLessThan(1_000);
    expect(await relay.until('grant-ended')).toMatchObject({ grant: lease.grant, reason: 'expired' });
    expect(performance.now() - askedAt).toBeGreaterThan(4_900);
    expect(performance.now() - askedAt).toBeLessThan(6_200);
  });
});
