// The pull points of a virtual camera: what they collect, how long they live, and what is left of them after a reboot.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedSite, type SimulatedCamera, type SimulatedSite } from '#simulator';
import { type Answer, envelope, post } from './asking.ts';
import { env } from './world.ts';

let site: SimulatedSite;
beforeAll(async () => {
  site = await openSimulatedSite({ cameras: [{ id: 'old', loginBy: 'none', media2: false }] }, env);
});
afterAll(async () => await site[Symbol.asyncDispose]());
const camera = (id: string): SimulatedCamera => {
  const found = site.camera(id);
  if (!found) throw new Error(`no camera ${id}`);
  return found;
};

describe('pull points', () => {
  const old = (): SimulatedCamera => camera('old');
  const subscribe = async (life = 'PT60S'): Promise<string> => {
    const body = `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>${life}</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`;
    const { text } = await post(old(), envelope(body));
    const address = /<wsa:Address>([^<]+)</.exec(text)?.[1];
    if (!address) throw new Error(text);
    return address;
  };
  const on = async (path: string, body: string): Promise<Answer> => await post(old(), envelope(body), { path });
  const pull = (path: string, seconds: number): Promise<Answer> =>
    on(path, `<tev:PullMessages><tev:Timeout>PT${seconds}S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>`);
  const unsubscribe = (path: string): Promise<Answer> => on(path, '<wsnt:Unsubscribe/>');

  it('say how things stand when asked, and what changes', async () => {
    const path = await subscribe();
    expect((await pull(path, 0.1)).text).not.toContain('NotificationMessage');
    old().trigger({ topic: 'digital-input', active: true });
    await pull(path, 1);
    await on(path, '<tev:SetSynchronizationPoint/>');
    const { text } = await pull(path, 1);
    expect(text.match(/PropertyOperation="Initialized"/g)).toHaveLength(6);
    expect(text).toContain('Name="LogicalState" Value="true"');
    expect(text).toContain('Name="IsTamper" Value="false"');
    const waiting = pull(path, 5);
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().trigger({ topic: 'digital-input', active: false });
    expect((await waiting).text).toMatch(/"Changed".*Name="LogicalState" Value="false"/);
    expect((await unsubscribe(path)).status).toBe(200);
    expect((await pull(path, 0)).text).toContain('ResourceUnknownFault');
  });

  it('are kept for a client that went away in mid pull', async () => {
    const path = await subscribe();
    const body = '<tev:PullMessages><tev:Timeout>PT30S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>';
    await expect(post(old(), envelope(body), { path, timeoutMs: 200 })).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().trigger({ topic: 'line-crossing', active: true });
    expect((await pull(path, 1)).text).toContain('LineDetector/Crossed');
    await unsubscribe(path);
  });

  it('run out, are renewed, and are few', async () => {
    const short = await subscribe('PT1S');
    expect((await on(short, '<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>')).status).toBe(200);
    const gone = await subscribe('PT1S');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await pull(gone, 0)).status).toBe(400);
    expect((await pull(short, 0)).status).toBe(200);
    const paths = [short];
    while (paths.length < 8) paths.push(await subscribe());
    await expect(subscribe()).rejects.toThrow('Too many pull points');
    for (const path of paths) await unsubscribe(path);
    expect(old().pullPoints).toBe(0);
  });

  it('say how long a pull may be', async () => {
    const path = await subscribe();
    expect((await pull(path, 3600)).text).toContain('<tev:MaxTimeout>PT120S');
    await unsubscribe(path);
  });

  it('are gone after a reboot', async () => {
    const path = await subscribe();
    const waiting = pull(path, 30);
    waiting.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 100));
    old().reboot(300);
    await expect(waiting).rejects.toThrow();
    await expect(pull(path, 0)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect((await pull(path, 0)).status).toBe(400);
  });
});
