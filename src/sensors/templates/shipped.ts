// The templates that the product ships, each a file of its own.
import { readFileSync } from 'node:fs';
import { listOf } from '../checked-yaml.ts';
import { sensorsFaults } from '../faults.ts';
import { shippedTemplates, type Template } from '../options.ts';
import { readTemplate } from './read.ts';

const folder = new URL('shipped/', import.meta.url);

const known = new Map<string, Template>();

/** The shipped template `name`, read when it is first wanted; undefined when there is none. */
export function shippedTemplate(name: string): Template | undefined {
  if (!shippedTemplates.some((each) => each === name)) return undefined;
  const before = known.get(name);
  if (before) return before;
  const read = readTemplate(readFileSync(new URL(`${name}.yaml`, folder)));
  if (!read.ok) throw sensorsFaults.fault('template-unusable', { detail: listOf(name, read.problems) });
  known.set(name, read.value);
  return read.value;
}
