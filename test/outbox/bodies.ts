// Entry bodies for tests.
import type { Condition, EntryBody, Reading, Severity, Transition } from '#model';

export function alarmBody(alarmId: string, severity: Severity = 'critical', changes: Partial<Transition> = {}): EntryBody {
  return {
    class: 'alarm',
    value: {
      alarmId,
      step: 'raised',
      device: 'smoke-1',
      channel: 'zone-1',
      kind: 'smoke',
      severity,
      time: 1,
      clockQuality: 'receipt',
      detail: {},
      test: false,
      ...changes,
    },
  };
}

export function conditionBody(device: string, state: Condition['state'] = 'raised'): EntryBody {
  return {
    class: 'condition',
    value: {
      device,
      channel: 'device',
      kind: 'camera-lost',
      state,
      severity: 'major',
      time: 1,
      message: { ko: '응답 없음', en: 'no answer' },
    },
  };
}

export function grantBody(grant: string): EntryBody {
  return {
    class: 'grant',
    value: { grant, step: 'opened', device: 'cam-1', channel: 1, service: '119-dispatch', incident: 'i-1', time: 1, until: 2, reason: '' },
  };
}

export function auditBody(row: number): EntryBody {
  return { class: 'audit', value: { row, hash: 'ab'.repeat(32), time: 1 } };
}

export function reading(value: number, kind = 'temperature'): Reading {
  return { device: 'thermometer-1', channel: 'room', kind, value, unit: 'Cel', quality: 'good', time: 1 };
}

export function readingBody(value = 1, kind = 'temperature', count = 1): EntryBody {
  return { class: 'reading', value: Array.from({ length: count }, () => reading(value, kind)) };
}
