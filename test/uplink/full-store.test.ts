// Commands on a store that is full: they are the only way to open a picture, so they may use what a flood cannot take.
import { expect, it } from 'vitest';
import { openMosquitto } from '../peers/mosquitto.ts';
import { base, commandText, openObserver, openSite, openStoreBench, until } from './site.ts';
import type { BallastProcedures } from './store-thread.ts';

it('are written down, run and remembered when the limit is reached', async () => {
  await using bench = await openStoreBench();
  await using store = await bench.open('boot-1', { limit: 12 * 2 ** 20 });
  await using broker = await openMosquitto();
  await using hub = await openObserver(broker.url);
  const ran: string[] = [];
  await using site = openSite(
    store,
    { url: broker.url },
    {
      async onCommand({ id }) {
        ran.push(id);
        return { id, result: 'done', note: 'x'.repeat(500) };
      },
    },
  );
  await until(() => broker.log().includes('gw-1/command/#') && site.session(), 'the subscription');
  const { pour } = store.procedures<BallastProcedures>('ballast');
  for (const bytes of [2 ** 18, 2 ** 12, 1]) {
    for (let room = true; room; ) {
      room = await pour({ bytes }).then(
        () => true,
        () => false,
      );
    }
  }
  for (let number = 0; number < 40; number += 1) {
    const command = commandText(`full-${number}`);
    await hub.publish(`${base}/command/gateway.status`, command);
    const first = await hub.wait(`${base}/outcome/`, ({ payload }) => payload.includes(`"full-${number}"`));
    expect(JSON.parse(first.payload)).toMatchObject({ result: 'done' });
    if (number > 0) continue;
    hub.seen.length = 0;
    await hub.publish(`${base}/command/gateway.status`, command);
    const again = await hub.wait(`${base}/outcome/`, ({ payload }) => payload.includes('"full-0"'));
    expect(again.payload).toBe(first.payload);
  }
  expect(ran).toHaveLength(40);
});
