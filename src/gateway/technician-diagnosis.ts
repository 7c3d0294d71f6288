// The technician's story of a sick camera: a test of one step by step, a test of all with a summary by cause, and all that is known of one.
import type { Access } from '#access';
import type { Alarms } from '#alarms';
import { BongsuError } from '#base';
import { type Cameras, verdictOf } from '#cameras';
import type { CallContext, ControlHandlers, Input, Result } from '#control';
import type { Device } from '#model';
import type { Registry } from '#registry';

/** The operations about a camera's health. */
export type DiagnosisHandlers = Pick<ControlHandlers, 'camera.test' | 'camera.show'>;

export interface TechnicianDiagnosisDeps {
  readonly access: Pick<Access, 'account'>;
  readonly alarms: Pick<Alarms, 'openConditions'>;
  readonly cameras: Pick<Cameras, 'describe' | 'diagnose' | 'status'>;
  readonly registry: Pick<Registry, 'list'>;
  /** @throws gateway.not-a-camera */
  requireCamera(id: string): Device;
  viewCamera(device: Device): Result<'camera.list'>['cameras'][number];
}

type DiagnosisFinding = Parameters<typeof verdictOf>[0][number];
type Item = Result<'camera.test'>;
type Verdict = Extract<Item, { verdict: unknown }>['verdict'];
type Cause = Extract<Item, { summary: unknown }>['summary']['causes'][number];

/** Cameras tested at the same time; their pictures are looked at no more at once than `cameras.watch.pictures.atOnce`. */
const atOnce = 16;
const maxNames = 50;

/** One handler for each operation. */
export function openTechnicianDiagnosis(deps: TechnicianDiagnosisDeps): DiagnosisHandlers {
  return {
    'camera.test': (input, context) => (input.id === undefined ? testAll(deps, context) : testOne(input.id, deps, context)),
    'camera.show': (input) => show(input, deps),
  };
}

async function* testOne(id: string, deps: TechnicianDiagnosisDeps, { origin, signal }: CallContext): AsyncGenerator<Item> {
  deps.requireCamera(id);
  await deps.access.account({ act: 'camera.test', subject: id, by: origin, detail: '' });
  const findings: DiagnosisFinding[] = [];
  for await (const finding of deps.cameras.diagnose(id, origin, signal)) {
    findings.push(finding);
    yield { finding };
  }
  yield { verdict: { camera: id, ...verdictOf(findings) } };
}

async function* testAll(deps: TechnicianDiagnosisDeps, { origin, signal }: CallContext): AsyncGenerator<Item> {
  const ids = deps.registry.list('camera').map((device) => device.id);
  yield { total: ids.length };
  await deps.access.account({ act: 'camera.test', subject: 'cameras', by: origin, detail: `all ${ids.length}` });
  const causes = new Map<string, Cause & { readonly cameras: string[] }>();
  const underway = new Map<string, Promise<Verdict>>();
  let well = 0;
  const take = async (): Promise<Item> => {
    const verdict = await Promise.race(underway.values());
    underway.delete(verdict.camera);
    if (verdict.result === 'ok') well += 1;
    else count(verdict, causes);
    return { verdict };
  };
  for (const id of ids) {
    if (underway.size >= atOnce) yield await take();
    underway.set(id, judge(id, deps, origin, signal));
  }
  while (underway.size > 0) yield await take();
  const sorted = [...causes.values()].toSorted((left, right) => right.count - left.count);
  yield { summary: { total: ids.length, well, causes: sorted } };
}

async function judge(id: string, { cameras }: TechnicianDiagnosisDeps, origin: string, signal: AbortSignal): Promise<Verdict> {
  const findings: DiagnosisFinding[] = [];
  try {
    for await (const finding of cameras.diagnose(id, origin, signal)) findings.push(finding);
  } catch (error) {
    // Removed meanwhile, or the store cannot write the audit; whoever asked has gone when the signal says so.
    if (!(error instanceof BongsuError)) return { camera: id, result: 'skipped', message: { en: 'broken off', ko: '중단됨' } };
    return { camera: id, result: 'failed', cause: error.code, message: error.summary, hint: error.hint };
  }
  return { camera: id, ...verdictOf(findings) };
}

function count({ camera, cause, result, message, hint }: Verdict, causes: Map<string, Cause & { readonly cameras: string[] }>): void {
  if (cause === undefined || !hint) return;
  const known = causes.get(cause) ?? { cause, result, message, hint, count: 0, cameras: [] };
  if (known.cameras.length < maxNames) known.cameras.push(camera);
  causes.set(cause, { ...known, count: known.count + 1 });
}

async function show({ id }: Input<'camera.show'>, deps: TechnicianDiagnosisDeps): Promise<Result<'camera.show'>> {
  const device = deps.requireCamera(id);
  const status = deps.cameras.status().find((one) => one.id === id);
  const [{ channels, ...known }, conditions] = await Promise.all([deps.cameras.describe(id), deps.alarms.openConditions()]);
  const { pulls = 0, messages = 0, subscriptionsCreated = 0, subscriptionsResumed = 0 } = status ?? {};
  return {
    camera: {
      ...deps.viewCamera(device),
      ...known,
      group: device.group,
      features: device.features,
      authentication: status?.authentication ?? 'none',
      clockOffsetMs: status?.clockOffsetMs,
      streams: channels,
      counters: { pulls, messages, subscriptionsCreated, subscriptionsResumed },
      conditions: conditions.filter((condition) => condition.device === id),
    },
  };
}
