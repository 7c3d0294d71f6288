// What the door of these tests answers about logins of cameras.
import type { ControlHandlers } from '#control';

export const loginAnswers = {
  'camera.login': async () => ({}),
  'camera.refresh': async ({ id }) =>
    id === 'cam-0417'
      ? { identity: { maker: 'Maker', model: 'X1', firmware: '1.0', serial: 'S1', mac: '00:09:18:a1:b2:c3' }, channels: 1 }
      : {
          channels: 0,
          problem: {
            message: { en: 'The camera cannot be reached', ko: '카메라에 연결할 수 없습니다' },
            hint: { en: 'Check power.', ko: '전원을 확인하십시오.' },
          },
        },
  'credential.list': async () => ({
    sets: [
      { name: 'site', user: 'gate', position: 1, scope: { ranges: ['10.0.0.0/22'], makers: [], macs: ['00:09:18'] } },
      { name: 'old', user: '', position: 2, scope: { ranges: [], makers: ['Hanwha', 'Axis'], macs: [] } },
    ],
  }),
  'credential.add': async () => ({}),
  'credential.remove': async () => ({}),
  'credential.audit': async () => ({ queued: 2 }),
  'credential.audited': async () => ({
    rows: [
      { camera: 'cam-0417', state: 'factory-login', tried: 1, of: 2 },
      { camera: 'cam-2', state: 'waiting', tried: 0, of: 3 },
    ],
    quarantined: ['cam-0417'],
  }),
} satisfies Partial<ControlHandlers>;
