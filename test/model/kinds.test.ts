// The table of gravity and the lanes that follow from it.
import { describe, expect, it } from 'vitest';
import { alarmKinds, isAlarmKind, isId, laneOf, severities, type Transition } from '#model';

describe('kinds', () => {
  it('gives every kind an id-shaped name and a known severity', () => {
    for (const [kind, severity] of Object.entries(alarmKinds)) {
      expect(isId(kind)).toBe(true);
      expect(severities).toContain(severity);
    }
  });

  it('does not take inherited names for kinds', () => {
    expect([isAlarmKind('smoke'), isAlarmKind('toString'), isAlarmKind('')]).toEqual([true, false, false]);
  });
});

describe('lanes', () => {
  const transition = (severity: Transition['severity']) => ({ class: 'alarm' as const, value: { severity } as Transition });
  it('puts critical alarms before everything and other alarms behind grants', () => {
    const grant = { class: 'grant' as const, value: {} as never };
    expect(laneOf(transition('critical'))).toBeLessThan(laneOf(grant));
    expect(laneOf(grant)).toBeLessThan(laneOf(transition('major')));
  });
});

describe('ids', () => {
  it.each([
    ['cam-0417', true],
    ['', false],
    ['Cam', false],
    ['a'.repeat(41), false],
    ['a/b', false],
    ['a\n', false],
  ])('%j → %s', (text, valid) => expect(isId(text)).toBe(valid));
});
