// Scripted stories: what happens at a site and when, checked as a whole before anything is played.
import { z } from 'zod';
import { durationOption, type Env, messageOf, parseDuration } from '#base';
import { isId } from '#model';
import { cameraTopics } from './cameras/index.ts';
import { fault } from './faults.ts';
import { streamBody } from './request.ts';
import { allFinds, type SensorFault, sensorFaults } from './sensors/index.ts';
import type { SimulatedSite } from './site.ts';

const at = durationOption({ min: '0s', max: '24h', default: '0s' }).describe('When, since the start of the script: 0s to 24h.');
const lasting = z
  .string()
  .transform((text, context) => {
    const value = parseDuration(text);
    if (value !== undefined && value <= 86_400_000) return value;
    context.addIssue({ code: 'custom', message: 'expected 0s … 24h, written like 30s' });
    return z.NEVER;
  })
  .optional()
  .describe('How long it lasts; without it, until another step ends it.');
const device = z.string().refine(isId, 'expected 1 to 40 of a–z, 0–9 and hyphen').describe('Id of a camera or sensor of the site.');
const active = z.boolean().default(true).describe('False: it ends instead of beginning.');

const everyFault = [...new Set(Object.values(sensorFaults).flat())] as [SensorFault, ...SensorFault[]];

const stepSchema = z.discriminatedUnion('do', [
  z.strictObject({ at, do: z.enum(['smoke', 'fall']), device, active, for: lasting }),
  z.strictObject({ at, do: z.literal('sensor'), device, what: z.enum(allFinds), active, for: lasting }),
  z.strictObject({ at, do: z.enum(cameraTopics), device, active, for: lasting }),
  z.strictObject({
    at,
    do: z.literal('camera-fault'),
    device,
    fault: z.enum(['silent', 'garbage', 'huge', 'unauthorised', 'none']),
    for: lasting,
  }),
  z.strictObject({ at, do: z.literal('sensor-fault'), device, fault: z.enum([...everyFault, 'none']), for: lasting }),
  z.strictObject({ at, do: z.literal('reboot'), device }),
  z.strictObject({ at, do: z.enum(['hub-stop', 'hub-start']), for: lasting }),
  z.strictObject({
    at,
    do: z.literal('stream'),
    device,
    channel: z.int().min(1).max(1000).default(1),
    quality: z.enum(['main', 'sub']).default('main'),
    for: lasting,
  }),
]);

/** A list of at most 10,000 steps. */
const storySchema = z.array(stepSchema).max(10_000);

/** One step: `{ at: '3s', do: 'smoke', device: 'smoke-1', for: '5s' }`. */
export type StoryStep = z.output<typeof stepSchema>;

const defaultLookMs = 5000;

/** Checks a script against its schema and the site. Throws `simulator.story-invalid` naming every wrong step. */
export function readStory(value: unknown, site: SimulatedSite): readonly StoryStep[] {
  const parsed = storySchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${['step', ...issue.path.map(String)].join(' ')}: ${issue.message}`);
    throw fault('story-invalid', { detail: problems.slice(0, 20).join('; ') });
  }
  const problems = parsed.data.flatMap((step, index) => {
    const problem = misfit(step, site);
    return problem === undefined ? [] : [`step ${index} ${step.do}: ${problem}`];
  });
  if (problems.length > 0) throw fault('story-invalid', { detail: problems.slice(0, 20).join('; ') });
  return parsed.data;
}

function misfit(step: StoryStep, site: SimulatedSite): string | undefined {
  switch (step.do) {
    case 'smoke':
    case 'fall':
      return site.sensor(step.device)?.finds.includes(step.do) ? undefined : `no ${step.do} sensor ${step.device}`;
    case 'sensor': {
      const sensor = site.sensor(step.device);
      if (!sensor) return `no sensor ${step.device}`;
      return sensor.finds.includes(step.what) ? undefined : `${step.device} (${sensor.kind}) finds ${sensor.finds.join(', ')}`;
    }
    case 'sensor-fault': {
      const sensor = site.sensor(step.device);
      const known: readonly string[] = sensor ? sensorFaults[sensor.kind] : [];
      if (!sensor) return `no sensor ${step.device}`;
      return step.fault === 'none' || known.includes(step.fault) ? undefined : `${step.device} (${sensor.kind}) knows ${known.join(', ')}`;
    }
    case 'hub-stop':
    case 'hub-start':
      return site.hub ? undefined : 'the site has no hub';
    case 'stream':
      return site.hub ? undefined : 'only a hub can ask for a stream';
    default:
      return site.camera(step.device) ? undefined : `no camera ${step.device}`;
  }
}

/** What is told while a story is played. */
export interface StoryEvent {
  readonly step: StoryStep;
  readonly phase: 'begin' | 'end' | 'failed';
  /** What a stream step found, or why a step failed. */
  readonly note?: string;
}

/** Plays all steps at their times; resolves when the last has ended or `signal` aborts. A step that fails is told and the story goes on. */
export async function playStory(
  story: readonly StoryStep[],
  site: SimulatedSite,
  { tell, signal }: { tell(event: StoryEvent): void; signal: AbortSignal },
  env: Env,
): Promise<void> {
  const start = env.clock.monotonicMs();
  const wait = async (ms: number): Promise<void> => await env.clock.sleep(Math.max(0, start + ms - env.clock.monotonicMs()), signal);
  const run = async (step: StoryStep): Promise<void> => {
    try {
      await wait(step.at);
      tell({ step, phase: 'begin' });
      const note = await act(step, site, signal, env);
      const lasts = 'for' in step && step.do !== 'stream' ? step.for : undefined;
      if (lasts === undefined) return step.do === 'stream' ? tell({ step, phase: 'end', note: note ?? '' }) : undefined;
      await wait(step.at + lasts);
      await undo(step, site);
      tell({ step, phase: 'end' });
    } catch (error) {
      if (!signal.aborted) tell({ step, phase: 'failed', note: messageOf(error) });
    }
  };
  await Promise.all(story.map(run));
}

async function act(step: StoryStep, site: SimulatedSite, signal: AbortSignal, env: Env): Promise<string | undefined> {
  switch (step.do) {
    case 'smoke':
    case 'fall':
      return void site.sensor(step.device)?.trip(step.active);
    case 'sensor':
      return void site.sensor(step.device)?.trip(step.active, step.what);
    case 'sensor-fault':
      return (await site.sensor(step.device)?.fail(step.fault === 'none' ? undefined : step.fault)) ?? undefined;
    case 'camera-fault':
      return site.camera(step.device)?.fail(step.fault === 'none' ? undefined : step.fault) ?? undefined;
    case 'reboot':
      return site.camera(step.device)?.reboot() ?? undefined;
    case 'hub-stop':
      return (await site.hub?.stop()) ?? undefined;
    case 'hub-start':
      return (await site.hub?.start()) ?? undefined;
    case 'stream':
      return await look(step, site, signal, env);
    default:
      return site.camera(step.device)?.trigger({ topic: step.do, active: step.active }) ?? undefined;
  }
}

async function undo(step: StoryStep, site: SimulatedSite): Promise<void> {
  switch (step.do) {
    case 'smoke':
    case 'fall':
      return void site.sensor(step.device)?.trip(!step.active);
    case 'sensor':
      return void site.sensor(step.device)?.trip(!step.active, step.what);
    case 'sensor-fault':
      return await site.sensor(step.device)?.fail(undefined);
    case 'camera-fault':
      return site.camera(step.device)?.fail(undefined);
    case 'hub-stop':
      return await site.hub?.start();
    case 'hub-start':
      return await site.hub?.stop();
    case 'reboot':
    case 'stream':
      return;
    default:
      site.camera(step.device)?.trigger({ topic: step.do, active: !step.active });
  }
}

async function look(step: Extract<StoryStep, { do: 'stream' }>, site: SimulatedSite, signal: AbortSignal, env: Env): Promise<string> {
  if (!site.hub) return '';
  const lengthMs = step.for ?? defaultLookMs;
  const { device: camera, channel, quality } = step;
  const outcome = await site.hub.command('stream.open', streamBody({ camera, channel, quality, untilMs: env.clock.now() + lengthMs }));
  const stream = outcome['stream'];
  const url = typeof stream === 'object' && stream !== null && 'rtsp' in stream ? stream.rtsp : undefined;
  if (typeof url !== 'string') return [outcome.result, outcome['reason']].filter((word) => typeof word === 'string').join(' ');
  await using reader = await site.hub.read(url);
  await Promise.race([reader.ended, env.clock.sleep(lengthMs + 2000, signal).catch(() => {})]);
  const { frames, firstFrameMs = 0, end } = reader.status;
  return `${frames} frames, first after ${Math.round(firstFrameMs)} ms, ${end ? `cut after ${Math.round(end.afterMs)} ms` : 'not cut'}`;
}
