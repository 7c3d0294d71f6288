// Files of templates: nonsense is refused with the place where it is, and the shipped ones say in their first lines what ends their alarms.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shippedTemplates } from '../../src/sensors/options.ts';
import { shippedTemplate } from '../../src/sensors/templates/index.ts';
import { readTemplate } from '../../src/sensors/templates/read.ts';

describe('a shipped template', () => {
  it('says whether its alarms latch, and why', async () => {
    for (const name of shippedTemplates) {
      const text = await readFile(new URL(`../../src/sensors/templates/shipped/${name}.yaml`, import.meta.url), 'utf8');
      const [, said = ''] = /^# Latches: (.+)$/m.exec(text) ?? [];
      expect(said, name).toMatch(/^(no|yes|until)\b.{10}/);
      const rules = shippedTemplate(name)?.rules ?? [];
      const found = [rules.some(({ latch }) => latch === true), rules.some(({ when }) => when.clearBetween !== undefined)];
      expect(found, name).toEqual([said.startsWith('yes'), said.startsWith('until')]);
    }
  });
});

describe('a template file', () => {
  it.each([
    ['points: []', 'points: '],
    ['points: [{ name: a }]', 'line 1: points[0]: expected modbus or path'],
    ['title: { ko: a, en: b }\npoints:\n  - name: a\n    path: ""', 'line 4: points[0].path: '],
    ['points: [{ name: a, path: a }]\nrules: [{ point: x, alarm: gas, when: { above: 1 } }]', 'a rule names no point'],
    [
      'points: [{ name: a, path: a }]\nrules: [{ point: a, alarm: gas, when: { above: 1, stuckFor: 1h } }]',
      'rules[0].when: expected exactly one',
    ],
    ['points: [{ name: a, path: a }]\nrules: [{ point: a, alarm: gas, when: { above: 1 }, quiet: 1h }]', 'quiet is not for critical'],
    ['points: [{ name: a, path: a }]\nrules: [{ point: a, fault: x, latch: true, when: { above: 1 } }]', 'latch goes with alarm'],
    ['a: [', 'line 1'],
    ['a: &a [*a]', ''],
    ['x: '.padEnd(70_000, 'y'), 'larger than 64 KiB'],
  ])('%j is refused', (text, problem) => {
    const read = readTemplate(Buffer.from(text));
    expect(read).toMatchObject({ ok: false });
    if (!read.ok) expect(read.problems.map(({ en }) => en).join('\n')).toContain(problem);
  });

  it('of any bytes is read or refused, never more', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => typeof readTemplate(bytes).ok === 'boolean'));
    fc.assert(fc.property(fc.json(), (text) => typeof readTemplate(Buffer.from(text)).ok === 'boolean'));
  });
});
