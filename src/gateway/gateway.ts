// Assembles the rooms: each is opened with what it needs of the others as functions, and all services run together until told to end.
import { openAccess } from '#access';
import { openAlarms } from '#alarms';
import { type Env, openSealer, runServices, type Service, schedule, untilAborted, uuidv7 } from '#base';
import { openCameras } from '#cameras';
import type { Config } from '#config';
import { serveControl } from '#control';
import type { Alarm, Device, Identity } from '#model';
import { openOutbox, openReadings } from '#outbox';
import { openCredentials, openFindings, openRegistry } from '#registry';
import { openCalibrations, openEndings, openSensors } from '#sensors';
import type { SensorMarksProcedures, SensorNotesProcedures } from '#sensors/tables';
import { openStore } from '#store';
import { openStreams } from '#streams';
import { openUplink, openWebhook, type Uplink, type UplinkSession } from '#uplink';
import { openAlarmActs } from './alarm-acts.ts';
import { alarmClock } from './alarm-clock.ts';
import { openBandwidth } from './bandwidth.ts';
import { controlDeps, openCameraActs } from './camera-acts.ts';
import { openCommands } from './commands.ts';
import { openDeadOffers } from './dead-offers.ts';
import { deliver } from './delivery.ts';
import { openDiscoveryStory, tellProposal } from './discovery.ts';
import { watchDisk } from './disk-health.ts';
import { endNotes } from './end-notes.ts';
import { openFallback } from './fallback.ts';
import { openGrants } from './grants.ts';
import { openHealth } from './health.ts';
import { outwait, tryFirst } from './insist.ts';
import { openIntake } from './intake.ts';
import { clearConditions, followCameras, forgetStrangers, recordIdentity, syncSensors, tellUnreadable } from './inventory.ts';
import { openKeyFrames } from './key-frames.ts';
import { openCollector } from './metrics.ts';
import { outboxFull, watchDeadLetters } from './outbox-health.ts';
import { withPremises } from './premises.ts';
import { judgeAgain, openPresence } from './presence.ts';
import { behind, openPrewarm } from './prewarm.ts';
import { openRelayHealth } from './relay-health.ts';
import { retentionJobs } from './retention.ts';
import { openSight } from './sight.ts';
import { openStoreCare } from './store-health.ts';
import type { StoreThreadData } from './store-thread.ts';
import { openSystemd, type SystemdOptions } from './systemd.ts';
import { openTechnician } from './technician.ts';
import { watchUplink } from './uplink-health.ts';

/** What the gateway is started with besides its configuration. */
export interface GatewayDeps {
  readonly version: string;
  /** 32 bytes that seal what must be readable again. */
  readonly storeKey: Uint8Array;
  readonly systemd: SystemdOptions;
  /** The Node binary that runs the media process. */
  readonly nodePath: string;
}

/** The destination that every entry must reach; the configuration may name others. */
const hubDestination = 'hub';

/** Runs a gateway until `signal` aborts; rejects with the first crash of a room. Everything is closed when it settles. */
export async function runGateway(config: Config, deps: GatewayDeps, env: Env, signal: AbortSignal): Promise<void> {
  const startedAt = env.clock.now();
  const identity: Identity = { site: config.site.code, gateway: config.gateway.id, bootId: uuidv7(startedAt, env.random) };
  const workerData: StoreThreadData = {
    path: config.store.path,
    bootId: identity.bootId,
    destinations: [hubDestination, ...config.destinations.map(({ name, classes }) => ({ name, classes }))],
    limits: config.store,
    alarms: config.alarms,
  };
  const systemd = openSystemd(deps.systemd, env);
  using starting = systemd.starting();
  await using store = await openStore(
    {
      entry: new URL('store-thread.ts', import.meta.url),
      workerData,
      queueLimit: config.store.queueLimit,
      hungAfterMs: config.store.hungAfter,
    },
    env,
  );
  const sealer = openSealer(deps.storeKey, env.random);
  const alarms = openAlarms({ store, latch: config.alarms.latch }, env);
  const outbox = openOutbox({ store });
  await using readings = openReadings({ append: outbox.appendReadings }, env.clock);
  const bandwidth = openBandwidth(config, () => ({ access, cameras, streams, uplink: uplink.status, preempt: grants.preempt }), env);
  const access = openAccess(config.access, { store, line: bandwidth.line }, env);
  const registry = await outwait(() => openRegistry({ store, sealer }, env), 'the registry', env, signal);
  if (!registry) return;
  const calibrations = await outwait(() => openCalibrations(store), 'the calibrations', env, signal);
  if (!calibrations) return;
  const ending = new AbortController();
  const watchStore = (listener: () => void): Disposable => store.watch('store', listener);
  const fallback = openFallback(
    { alarms, bootId: identity.bootId, watchStore, onFull: (isFull) => void intake.condition(outboxFull(isFull, env.clock.now())) },
    env,
  );
  const intake = openIntake(alarms, fallback, env, ending.signal);
  const prewarm = openPrewarm(config.response, () => ({ access, cameras, registry, streams }), env);
  const relayHealth = openRelayHealth(intake, env);
  const storeCare = openStoreCare({ store, intake, access, alarms }, env);
  const drivers = {
    report: behind(withPremises(intake.report, registry.find), prewarm),
    condition: intake.condition,
    openAlarms: alarms.standing,
  };
  const credentials = openCredentials({ store, sealer }, env);
  const cameras = openCameras(
    config.cameras,
    {
      ...drivers,
      store,
      ...controlDeps(registry.find, access, env),
      credentials: credentials.open,
      sight: openSight(access, () => streams),
      openConditions: alarms.openConditions,
      identified: recordIdentity(registry, (id, said) => findings.identified(id, said)),
    },
    env,
  );
  const presence = openPresence(cameras, config.cameras.discovery);
  const findings = openFindings({ store, registry, ...presence, asked: tellProposal(intake, env) }, env);
  const discovery = openDiscoveryStory(config.cameras.discovery, { access, cameras, findings, registry }, env);
  const marks = store.procedures<SensorMarksProcedures>('marks');
  const notes = store.procedures<SensorNotesProcedures>('notes');
  const endings = openEndings();
  const sensors = openSensors(config.sensors, { ...drivers, reading: readings.record, marks, notes, calibrations, endings }, env);
  const keyFrames = openKeyFrames(cameras, env);
  const streams = openStreams(
    config.streams,
    {
      mediaEntry: new URL('media-main.ts', import.meta.url),
      nodePath: deps.nodePath,
      onEvent(event) {
        relayHealth.onEvent(event);
        keyFrames.onEvent(event);
        grants.onEvent(event);
      },
    },
    env,
  );
  const cameraActs = openCameraActs({ access, control: cameras.control }, env);
  const grants = openGrants({ access, cameras, streams, ended: cameraActs.grantEnded }, env);
  const health = openHealth(
    {
      identity,
      version: deps.version,
      startedAt,
      access,
      alarms,
      cameras,
      outbox,
      sensors,
      storeCare,
      streams,
      uplink: () => uplink,
    },
    env,
  );
  const ended = (alarm: Alarm): void => {
    endings.tell(alarm);
    cameras.ended(alarm);
  };
  const acts = openAlarmActs({ alarms, access, hasDevice: (id) => registry.find(id) !== undefined, ended });
  const onCommand = openCommands(
    {
      grants,
      acts,
      cameraActs,
      hasChannel: (camera, channel) => hasChannel(registry.find(camera), channel),
      inventory: () => registry.list(),
      status: health.counts,
      services: config.access.hubServices,
      address: streams.address,
      mayPush: streams.mayPush,
    },
    env,
  );
  const offers = openDeadOffers({ outbox, destination: hubDestination }, env);
  const uplink: Uplink = openUplink(
    config.uplink,
    {
      identity,
      version: deps.version,
      store,
      sealer,
      onCommand,
      onSession: async (session) => {
        await Promise.all([deliver(session, { outbox, destination: hubDestination }, env), fallback.deliver(session), offers.run(session)]);
      },
      onConfirm: async (entryClass, ranges) => {
        await outbox.confirmRanges(hubDestination, entryClass, ranges);
      },
      counts: health.counts,
    },
    env,
  );
  const others = config.destinations.map((options) => {
    const to = { outbox, destination: options.name };
    const offering = openDeadOffers(to, env);
    const onSession = async (session: UplinkSession): Promise<void> => {
      await Promise.all([deliver(session, to, env), offering.run(session)]);
    };
    return openWebhook(options, { identity, onSession }, env);
  });
  const technician = openTechnician(
    {
      access,
      acts,
      alarms,
      cameraActs,
      calibrations,
      cameras,
      credentials,
      discovery: discovery.handlers,
      grants,
      outbox,
      registry,
      sensors,
      store,
      streams,
      status: health.status,
    },
    env,
  );
  const control = serveControl(config.control, { handlers: technician, collect: openCollector(health, access.lineUse, env) }, env);

  for (const dropped of (await outwait(() => outbox.dropped(), 'the destinations', env, signal)) ?? [])
    env.log.warn({ ...dropped }, 'a destination is no longer configured; what it was owed is dropped');
  const left = async (device: string): Promise<void> => {
    await grants.endAll(device, endNotes.removed);
    await alarms.leave(device);
    await clearConditions(device, alarms, intake, env);
    await findings.forget(device);
    await calibrations.forget(device);
  };
  const services: readonly Service[] = [
    crashWatch(store.crashed),
    streams.service,
    bandwidth.service,
    cameras.service,
    ...discovery.services,
    followCameras(registry, cameras, left, env),
    judgeAgain(presence, { findings, registry }, config.cameras.discovery, env),
    tellUnreadable(registry, { intake, alarms }, env),
    forgetStrangers(registry, async () => [...(await alarms.openConditions()), ...(await access.openGrants())], left, env),
    sensors.service,
    uplink.service,
    ...others.map((destination) => destination.service),
    fallback.service,
    grants.restore,
    alarmClock(alarms, env),
    schedule(retentionJobs(config.history, { alarms, outbox }, env), env),
    storeCare.service,
    watchDisk({ store, intake }, env),
    systemd.watchdog,
    relayHealth.service,
    watchDeadLetters({ outbox, intake, standing: alarms.openConditions }, env),
    watchUplink({ status: () => uplink.status(), destinations: others, intake, standing: alarms.openConditions }, env),
  ];
  /** The rooms wait for the technician's door: where another gateway has it, this one touches neither registry nor hub. */
  const rooms: Service = {
    name: 'rooms',
    async run(stop) {
      const addresses = await Promise.race([control.listening, untilAborted(stop)]);
      if (!addresses) return;
      const late = await tryFirst(() => syncSensors(registry, sensors, left), 'the sensors of the configuration', env);
      starting[Symbol.dispose]();
      env.log.info({ ...identity, version: deps.version, ...addresses }, 'the gateway runs');
      void systemd.notify('READY=1');
      await runServices([late, ...services], stop);
    },
  };
  await runServices([control, rooms, bell(ending)], signal);
  await systemd.notify('STOPPING=1');
}

function hasChannel(device: Device | undefined, number: number): boolean {
  return device?.type === 'camera' && device.channels.some((channel) => channel.number === number);
}

/** Tells those who wait outside a service that the end has come, by order or by a crash. */
function bell(ending: AbortController): Service {
  return { name: 'ending', run: (signal) => untilAborted(signal).then(() => ending.abort(signal.reason)) };
}

/** The death of the store's thread is a crash of the gateway. */
function crashWatch(crashed: Promise<never>): Service {
  return {
    name: 'store',
    run: (signal) => Promise.race([crashed, untilAborted(signal)]),
  };
}
