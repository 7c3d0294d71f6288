// Loaded into a daemon under torture (--import): writes each second how long, at most, its event loop was held by its own work.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.BONGSU_LOOP_WATCH;
if (file && isMainThread && process.argv.includes('run')) {
  const tickMs = 5;
  let wall = performance.now();
  let cpu = process.threadCpuUsage();
  let worst = 0;
  setInterval(() => {
    const now = performance.now();
    const used = process.threadCpuUsage(cpu);
    // Others use this machine too: what counts is the smaller of the time that passed and the processor time of this thread in it.
    worst = Math.max(worst, Math.min(now - wall - tickMs, (used.user + used.system) / 1000));
    wall = now;
    cpu = process.threadCpuUsage();
  }, tickMs).unref();
  setInterval(() => {
    appendFileSync(file, `${Date.now()} ${worst.toFixed(1)}\n`);
    worst = 0;
  }, 1000).unref();
}
