// The rules alone: what 10,000 observations a second of all shipped types of sensors would take of a core, in this process.
import { shippedTemplates, type Template } from '../src/sensors/options.ts';
import { type SensorState, seedSensor, stepSensor } from '../src/sensors/rules/index.ts';
import { shippedTemplate } from '../src/sensors/templates/index.ts';
import { round } from './measure.ts';

interface Judged {
  readonly device: string;
  readonly template: Template;
  state: SensorState;
}

const sensors = 5000;
const aimPerSecond = 10_000;
const startMs = Date.UTC(2026, 5, 15, 12);

/** Lets `rounds` observations of each of 5,000 sensors be judged; percent of a core at 10,000 a second, and how many things were said of how many. */
export function measureRules(rounds: number): { readonly cpuPercent: number; readonly judged: number; readonly said: number } {
  const all = sensorsOfAllTypes();
  // The first round is for the compiler.
  judge(all, 0);
  const before = process.cpuUsage();
  let said = 0;
  for (let round = 1; round <= rounds; round += 1) said += judge(all, round);
  const { user, system } = process.cpuUsage(before);
  const judged = rounds * all.length;
  const secondsEach = (user + system) / 1e6 / judged;
  return { cpuPercent: round(secondsEach * aimPerSecond * 100, 1), judged, said };
}

function sensorsOfAllTypes(): readonly Judged[] {
  const templates = shippedTemplates.map((name) => shippedTemplate(name)).filter((template) => template !== undefined);
  return Array.from({ length: sensors }, (_, index) => {
    const template = templates[index % templates.length];
    if (!template) throw new Error('no types of sensors are shipped');
    return { device: `sensor-${index}`, template, state: seedSensor(template, []) };
  });
}

/** One observation of each half a second after the last: values wander through what each point can be, so that alarms come and go. */
function judge(all: readonly Judged[], round: number): number {
  let said = 0;
  for (const [index, sensor] of all.entries()) {
    const values = new Map(sensor.template.points.map((point, place) => [point.name, valueAtStep(point, round * 7 + index + place)]));
    const step = stepSensor(sensor, sensor.state, {
      observation: { result: 'values', values, fault: undefined },
      moment: { wallMs: startMs + round * 500, monotonicMs: round * 500 },
    });
    sensor.state = step.state;
    said += step.says.length + step.readings.length;
  }
  return said;
}

const steps = 64;

function valueAtStep({ range, words }: Template['points'][number], step: number): number {
  if (words) return Object.values(words)[step % 16 === 0 ? 1 : 0] ?? 0;
  const [low, high] = range ?? [0, 1];
  return low + ((high - low) * (step % steps)) / (steps - 1);
}
