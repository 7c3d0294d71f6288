// Calendar work (retention, clock checks, reports): node-cron's expressions, matched against the clock that was handed in.
import { createTask, validate } from 'node-cron';
import type { Env } from './env.ts';
import { messageOf } from './errors.ts';
import type { Service } from './service.ts';

/** One piece of calendar work. */
export interface Job {
  readonly name: string;
  /** Five cron fields, local time: `15 3 * * *`. */
  readonly at: string;
  /** A rejection is logged; the job runs again at its next time. */
  act(signal: AbortSignal): Promise<void>;
}

/** Whether `text` is an expression that a job may have: five cron fields. */
export function isCalendar(text: string): boolean {
  return text.trim().split(/\s+/).length === 5 && validate(text);
}

/** Runs each job when the clock enters a minute that its expression names; never two runs of one job at once. */
export function schedule(jobs: readonly Job[], env: Env): Service {
  return {
    name: 'schedule',
    async run(signal) {
      const tasks = jobs.map((job) => ({ job, task: createTask(job.at, () => {}) }));
      try {
        while (!signal.aborted) {
          const now = env.clock.now();
          await env.clock.sleep(60_000 - (now % 60_000), signal).catch(() => {});
          if (signal.aborted) break;
          const minute = new Date(Math.floor(env.clock.now() / 60_000) * 60_000);
          for (const { job, task } of tasks) if (task.match(minute)) await runJob(job, signal, env);
        }
      } finally {
        for (const { task } of tasks) await task.destroy();
      }
    },
  };
}

async function runJob(job: Job, signal: AbortSignal, env: Env): Promise<void> {
  try {
    await job.act(signal);
  } catch (error) {
    if (!signal.aborted) env.log.error({ job: job.name, error: messageOf(error) }, 'scheduled work failed');
  }
}
