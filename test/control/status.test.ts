// The screen of `bongsu status` when something is wrong.
import { describe, expect, it } from 'vitest';
import { run } from './command-line.ts';
import { openDoor, recordedHandlers, status } from './door.ts';

describe('bongsu status', () => {
  it('says what is missing in a gateway that does badly', async () => {
    const lastError = {
      message: { ko: '연결 거부', en: 'connection refused' },
      hint: { ko: '회선을 확인하십시오.', en: 'Check the line.' },
    };
    const { handlers } = recordedHandlers({
      status: async () => ({
        ...status,
        uplink: { ...status.uplink, connected: false, attempts: 4, lastError, confirmation: undefined },
        outbox: { ...status.outbox, destinations: [{ destination: 'hub', pending: 0, pendingByClass: {}, dead: 0, gaps: [] }] },
        store: { ...status.store, state: 'failing', reason: 'hung', lastError: 'no answer' },
        streams: { relay: 'down', sources: 0, readers: 0 },
        conditions: [],
      }),
    });
    await using door = await openDoor({ handlers });
    const { stdout } = await run(['status', '--socket', door.path]);
    const korean = await run(['status', '--lang', 'ko', '--socket', door.path]);
    expect(korean.stdout).toMatch(/4회 시도: 연결 거부\n +조치: 회선을 확인하십시오\.\n/);
    for (const text of [
      'NOT connected to mqtts://hub:8883, 4 attempts: connection refused',
      'Hint: Check the line.',
      'nothing waits for hub',
      'FAILING for 2 h: the disk does not answer (no answer)',
      'the relay is NOT running',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain('Conditions');
  });

  it('does not take a relay that does not answer for a quiet one', async () => {
    const { handlers } = recordedHandlers({ status: async () => ({ ...status, streams: { relay: 'silent', sources: 0, readers: 0 } }) });
    await using door = await openDoor({ handlers });
    expect((await run(['status', '--socket', door.path])).stdout).toContain('the relay does NOT answer');
  });

  it('says what is wrong with a line that is up', async () => {
    const lastError = {
      message: { ko: '명령 구독 거부', en: 'commands refused' },
      hint: { ko: '권한을 요청하십시오.', en: 'Ask for the right.' },
    };
    const uplink = { ...status.uplink, lastError, confirmation: 'broker' as const };
    await using door = await openDoor({ handlers: recordedHandlers({ status: async () => ({ ...status, uplink }) }).handlers });
    const { stdout } = await run(['status', '--socket', door.path]);
    expect(stdout).toMatch(/connected for .*\n +Error: commands refused\n +Hint: Ask for the right\.\nConfirmed by +the broker alone/);
  });

  it('names the bus, the broker or the platform that a condition of the gateway is about', async () => {
    const [known] = status.conditions;
    if (!known) return expect.fail('no condition');
    const bus = { ...known, device: 'gateway', kind: 'bus-fault' as const };
    const conditions = [
      { ...bus, channel: 'hall' },
      { ...bus, channel: 'mqtt-lora' },
      { ...known, channel: '' },
      { ...known, device: 'smoke-9', channel: 'device' },
      { ...known, device: 'smoke-9', channel: 'secret' },
    ];
    await using door = await openDoor({ handlers: recordedHandlers({ status: async () => ({ ...status, conditions }) }).handlers });
    const { stdout } = await run(['status', '--socket', door.path]);
    expect(stdout).toMatch(/ gateway\/hall +no route/);
    expect(stdout).toMatch(/ gateway\/mqtt-lora +no route/);
    expect(stdout).toMatch(/ cam-0417 +no route/);
    expect(stdout).toMatch(/ smoke-9 +no route/);
    expect(stdout).toMatch(/ smoke-9\/secret +no route/);
  });
});
