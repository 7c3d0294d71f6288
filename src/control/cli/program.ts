// The grammar of the command line: verbs, arguments and options, described in the user's language.
import { Command, Option } from 'commander';
import type { MessageKey, Say } from '../messages/catalogue.ts';
import { controlOptions } from '../options.ts';
import { alarmAcknowledgeVerb, alarmClearVerb, alarmShelvedVerb, alarmShelveVerb, alarmUnshelveVerb } from './alarm-act-verbs.ts';
import { alarmSearchVerb, alarmShowVerb } from './alarm-history-verbs.ts';
import { alarmListVerb, alarmTailVerb } from './alarm-verbs.ts';
import { addCameraActVerbs } from './camera-act-verbs.ts';
import { cameraShowVerb, cameraTestVerb } from './camera-diagnosis-verbs.ts';
import { cameraDetectionsVerb, cameraTopicsVerb } from './camera-event-verbs.ts';
import { cameraAddVerb, cameraListVerb, cameraRemoveVerb, cameraSetVerb, cameraSnapshotVerb } from './camera-verbs.ts';
import type { CliIo, Verb } from './context.ts';
import {
  cameraLoginVerb,
  cameraRefreshVerb,
  credentialAddVerb,
  credentialAuditVerb,
  credentialListVerb,
  credentialRemoveVerb,
} from './credential-verbs.ts';
import { deadDropVerb, deadListVerb, deadRetryVerb, deadShowVerb } from './dead-verbs.ts';
import { deviceMaintenanceVerb } from './device-verbs.ts';
import { discoverVerb } from './discover-verbs.ts';
import { auditVerifyVerb, checkVerb, outboxStatusVerb, runVerb } from './gateway-verbs.ts';
import { grantListVerb, grantRevokeVerb } from './grant-verbs.ts';
import { openParsers } from './parsers.ts';
import { addSensorBusVerbs } from './sensor-bus-verbs.ts';
import { addSensorCareVerbs } from './sensor-care-verbs.ts';
import { addSensorToolVerbs } from './sensor-tool-verbs.ts';
import { sensorListVerb, sensorShowVerb } from './sensor-verbs.ts';
import { simulateVerb } from './simulate-verb.ts';
import { statusVerb } from './status-verb.ts';
import { backupVerb, exportVerb, restoreVerb } from './store-verbs.ts';
import { addStreamVerbs } from './stream-verbs.ts';

const defaultConfig = '/etc/bongsu/config.yaml';

/** The options that every verb has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly socket: string;
}

/** What the grammar takes from the process. */
type ProgramValues = Pick<CliIo, 'version' | 'configPath'>;

/** Called by commander with the verb that was chosen. */
export type Act = <Options>(verb: Verb<Options>, options: Options, argument: string, globals: GlobalOptions) => Promise<void>;

/** Keys that describe something and have no placeholder. */
type HelpKey = Extract<MessageKey, `help.${string}`>;

/** Builds the grammar; `prepare` sets what all subcommands inherit (output, exits) before they are made. */
export function buildProgram(say: Say, { version, configPath }: ProgramValues, prepare: (program: Command) => void, act: Act): Command {
  const { wholeNumber, portNumber, webAddress, duration } = openParsers(say);
  const program = new Command('bongsu').description(say('help.program'));
  prepare(program);
  localise(program, say);
  program
    .version(version, '--version', say('help.version'))
    .option('--json', say('help.json'))
    .addOption(new Option('--lang <ko|en>', say('help.lang')).choices(['ko', 'en']))
    .option('--socket <path>', say('help.socket'), controlOptions.parse({}).socket);
  const make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>): Command =>
    parent
      .command(name)
      .description(say(key))
      .action(async (...called: unknown[]) => {
        const command = called.at(-1) as Command;
        await act(verb, command.opts() as Options, command.args.join(' '), command.optsWithGlobals());
      });
  const group = (name: string, key: HelpKey): Command => program.command(name).helpCommand(false).description(say(key));

  const config = (): Option => new Option('--config <file>', say('help.config')).default(configPath ?? defaultConfig);
  make(program, 'run', 'help.run', runVerb).addOption(config());
  make(program, 'check', 'help.check', checkVerb).addOption(config());
  make(program, 'status', 'help.status', statusVerb);
  addCameraVerbs(group('camera', 'help.camera'), make, say);
  addCredentialVerbs(group('credential', 'help.credential'), make, say);
  make(program, 'discover', 'help.discover', discoverVerb)
    .argument('[ranges...]', say('help.discover.ranges'))
    .option('--list', say('help.discover.list'))
    .option('--resume', say('help.discover.resume'))
    .option('--no-multicast', say('help.discover.noMulticast'))
    .option('--add', say('help.discover.add'))
    .addOption(new Option('--sets', say('help.discover.sets')).conflicts('user'))
    .option('--user <name>', say('help.user'))
    .addOption(new Option('--password-file <file>', say('help.passwordFile')).conflicts('passwordStdin'))
    .option('--password-stdin', say('help.passwordStdin'))
    .option('--audit-defaults', say('help.discover.auditDefaults'))
    .option('--proposals', say('help.discover.proposals'))
    .option('--accept <n>', say('help.discover.accept'), wholeNumber)
    .option('--refuse <n>', say('help.discover.refuse'), wholeNumber);
  const sensor = group('sensor', 'help.sensor');
  make(sensor, 'list', 'help.sensor.list', sensorListVerb);
  make(sensor, 'show', 'help.sensor.show', sensorShowVerb).argument('<id>', say('help.shelf.device'));
  addSensorBusVerbs(sensor, make, say);
  addSensorCareVerbs(sensor, make, say);
  addSensorToolVerbs(sensor, { make, say, config });

  addAlarmVerbs(group('alarm', 'help.alarm'), make, say);
  make(group('device', 'help.deviceGroup'), 'maintenance', 'help.device.maintenance', deviceMaintenanceVerb)
    .argument('<id>', say('help.shelf.device'))
    .option('--for <time>', say('help.for'), duration)
    .option('--reason <text>', say('help.act.reason'))
    .option('--end', say('help.end'));
  addOutboxVerbs(group('outbox', 'help.outbox'), make, say, config);
  const grant = group('grant', 'help.grant');
  make(grant, 'list', 'help.grant.list', grantListVerb)
    .option('--all', say('help.grant.all'))
    .option('--limit <n>', say('help.limit'), wholeNumber, 20);
  make(grant, 'revoke', 'help.grant.revoke', grantRevokeVerb)
    .argument('<id>', say('help.grant.id'))
    .requiredOption('--reason <text>', say('help.reason'));
  addStreamVerbs(group('stream', 'help.stream'), make, say);
  make(group('audit', 'help.audit'), 'verify', 'help.audit.verify', auditVerifyVerb);
  make(program, 'simulate', 'help.simulate', simulateVerb)
    .option('--cameras <n>', say('help.simulate.cameras'), wholeNumber, 3)
    .option('--sensors <n>', say('help.simulate.sensors'), wholeNumber, 3)
    .option('--sensor-kinds <names>', say('help.simulate.sensorKinds'))
    .option('--hub', say('help.simulate.hub'))
    .option('--script <file>', say('help.simulate.script'))
    .option('--port <n>', say('help.simulate.port'), portNumber)
    .option('--webhook-url <url>', say('help.simulate.webhookUrl'), webAddress)
    .option('--webhook-token-file <file>', say('help.simulate.webhookTokenFile'))
    .option('--discovery-port <n>', say('help.simulate.discoveryPort'), portNumber, 3702)
    .option('--personalities <names>', say('help.simulate.personalities'))
    .option('--own-addresses [first]', say('help.simulate.ownAddresses'))
    .option('--camera-port <n>', say('help.simulate.cameraPort'), portNumber)
    .option('--remote <socket>', say('help.simulate.remote'))
    .option('--print-config [folder]', say('help.simulate.printConfig'));
  return program;
}

type Make = <Options>(parent: Command, name: string, key: HelpKey, verb: Verb<Options>) => Command;

function addAlarmVerbs(alarm: Command, make: Make, say: Say): void {
  const { wholeNumber, duration, moment } = openParsers(say);
  make(alarm, 'list', 'help.alarm.list', alarmListVerb)
    .option('--limit <n>', say('help.limit'), wholeNumber, 20)
    .option('--before <id>', say('help.before'))
    .option('--device <id>', say('help.device'))
    .option('--kind <kind>', say('help.kind'))
    .option('--open', say('help.open'));
  make(alarm, 'tail', 'help.alarm.tail', alarmTailVerb).option('--device <id>', say('help.device'));
  make(alarm, 'show', 'help.alarm.show', alarmShowVerb).argument('<id>', say('help.alarm.id'));
  make(alarm, 'search', 'help.alarm.search', alarmSearchVerb)
    .option('--limit <n>', say('help.limit'), wholeNumber, 20)
    .option('--before <id>', say('help.before'))
    .option('--from <time>', say('help.from'), moment)
    .option('--to <time>', say('help.to'), moment)
    .option('--device <id>', say('help.device'))
    .option('--kind <kind>', say('help.kind'))
    .option('--severity <severity>', say('help.severity'))
    .option('--text <text>', say('help.text'))
    .option('--open', say('help.open'));
  make(alarm, 'acknowledge', 'help.alarm.acknowledge', alarmAcknowledgeVerb)
    .argument('<id>', say('help.alarm.id'))
    .option('--reason <text>', say('help.act.reason'));
  make(alarm, 'clear', 'help.alarm.clear', alarmClearVerb)
    .argument('<id>', say('help.alarm.id'))
    .requiredOption('--reason <text>', say('help.act.reason'));
  make(alarm, 'shelve', 'help.alarm.shelve', alarmShelveVerb)
    .requiredOption('--device <id>', say('help.shelf.device'))
    .option('--kind <kind>', say('help.shelf.kind'))
    .requiredOption('--for <time>', say('help.for'), duration)
    .requiredOption('--reason <text>', say('help.act.reason'));
  make(alarm, 'unshelve', 'help.alarm.unshelve', alarmUnshelveVerb)
    .requiredOption('--device <id>', say('help.shelf.device'))
    .option('--kind <kind>', say('help.shelf.kind'))
    .option('--reason <text>', say('help.act.reason'));
  make(alarm, 'shelved', 'help.alarm.shelved', alarmShelvedVerb);
}

function addOutboxVerbs(outbox: Command, make: Make, say: Say, config: () => Option): void {
  const { wholeNumber, moment } = openParsers(say);
  make(outbox, 'status', 'help.outbox.status', outboxStatusVerb);
  const dead = outbox.command('dead').helpCommand(false).description(say('help.dead'));
  make(dead, 'list', 'help.dead.list', deadListVerb)
    .option('--limit <n>', say('help.limit'), wholeNumber, 20)
    .option('--destination <name>', say('help.dead.destination'))
    .option('--after <id>', say('help.dead.after'), wholeNumber);
  make(dead, 'show', 'help.dead.show', deadShowVerb).argument('<id>', say('help.dead.id'));
  make(dead, 'retry', 'help.dead.retry', deadRetryVerb).argument('<ids>', say('help.dead.ids'));
  make(dead, 'drop', 'help.dead.drop', deadDropVerb)
    .argument('<ids>', say('help.dead.ids'))
    .requiredOption('--reason <text>', say('help.dead.reason'));
  make(outbox, 'backup', 'help.backup', backupVerb).argument('<file>', say('help.backup.file'));
  make(outbox, 'restore', 'help.restore', restoreVerb)
    .argument('<file>', say('help.restore.file'))
    .addOption(config())
    .option('--yes', say('help.restore.yes'));
  make(outbox, 'export', 'help.export', exportVerb)
    .option('--from <time>', say('help.export.from'), moment)
    .option('--to <time>', say('help.export.to'), moment);
}

function addCameraVerbs(camera: Command, make: Make, say: Say): void {
  const { wholeNumber, decimalNumber } = openParsers(say);
  make(camera, 'list', 'help.camera.list', cameraListVerb);
  make(camera, 'add', 'help.camera.add', cameraAddVerb)
    .argument('<id>', say('help.camera.id'))
    .option('--address <address>', say('help.address'))
    .option('--rtsp <address>', say('help.rtsp'), gather)
    .option('--rtsp-sub <address>', say('help.rtspSub'), gather)
    .option('--user <name>', say('help.user'))
    .addOption(new Option('--password-file <file>', say('help.passwordFile')).conflicts('passwordStdin'))
    .option('--password-stdin', say('help.passwordStdin'))
    .option('--name <text>', say('help.name'))
    .option('--purpose <text>', say('help.purpose'))
    .option('--group <name>', say('help.group'))
    .option('--place <text>', say('help.place'))
    .option('--latitude <degrees>', say('help.latitude'), decimalNumber)
    .option('--longitude <degrees>', say('help.longitude'), decimalNumber);
  make(camera, 'set', 'help.camera.set', cameraSetVerb)
    .argument('<id>', say('help.camera.id'))
    .option('--name <text>', say('help.name'))
    .option('--purpose <text>', say('help.purpose'))
    .option('--group <name>', say('help.group'))
    .option('--no-group', say('help.noGroup'))
    .option('--place <text>', say('help.place'))
    .option('--latitude <degrees>', say('help.latitude'), decimalNumber)
    .option('--longitude <degrees>', say('help.longitude'), decimalNumber)
    .option('--no-place', say('help.noPlace'))
    .option('--address <address>', say('help.address'));
  addCameraActVerbs(camera, make, say);
  make(camera, 'remove', 'help.camera.remove', cameraRemoveVerb).argument('<id>', say('help.camera.id'));
  make(camera, 'login', 'help.camera.login', cameraLoginVerb)
    .argument('<id>', say('help.camera.id'))
    .option('--user <name>', say('help.user'))
    .addOption(new Option('--password-file <file>', say('help.passwordFile')).conflicts('passwordStdin'))
    .option('--password-stdin', say('help.passwordStdin'))
    .option('--none', say('help.camera.login.none'));
  make(camera, 'refresh', 'help.camera.refresh', cameraRefreshVerb).argument('<id>', say('help.camera.id'));
  make(camera, 'show', 'help.camera.show', cameraShowVerb).argument('<id>', say('help.camera.id'));
  make(camera, 'test', 'help.camera.test', cameraTestVerb)
    .argument('[id]', say('help.camera.id'))
    .option('--all', say('help.camera.test.all'));
  make(camera, 'topics', 'help.camera.topics', cameraTopicsVerb)
    .argument('[id]', say('help.camera.id'))
    .option('--samples', say('help.camera.topics.samples'))
    .option('--offered', say('help.camera.topics.offered'));
  make(camera, 'detections', 'help.camera.detections', cameraDetectionsVerb)
    .argument('[id]', say('help.camera.id'))
    .option('--kind <kind>', say('help.camera.detections.kind'))
    .option('--limit <n>', say('help.limit'), wholeNumber, 20);
  make(camera, 'snapshot', 'help.camera.snapshot', cameraSnapshotVerb)
    .argument('<id>', say('help.camera.id'))
    .option('--channel <n>', say('help.channel'), wholeNumber, 1)
    .requiredOption('--reason <text>', say('help.reason'))
    .requiredOption('--out <file>', say('help.out'));
}

function addCredentialVerbs(credential: Command, make: Make, say: Say): void {
  const { wholeNumber } = openParsers(say);
  make(credential, 'list', 'help.credential.list', credentialListVerb);
  make(credential, 'add', 'help.credential.add', credentialAddVerb)
    .argument('<name>', say('help.credential.name'))
    .option('--user <name>', say('help.user'))
    .addOption(new Option('--password-file <file>', say('help.passwordFile')).conflicts('passwordStdin'))
    .option('--password-stdin', say('help.passwordStdin'))
    .option('--range <range>', say('help.credential.range'), gather)
    .option('--maker <maker>', say('help.credential.maker'), gather)
    .option('--mac <prefix>', say('help.credential.mac'), gather)
    .option('--position <n>', say('help.credential.position'), wholeNumber);
  make(credential, 'remove', 'help.credential.remove', credentialRemoveVerb).argument('<name>', say('help.credential.name'));
  make(credential, 'audit', 'help.credential.audit', credentialAuditVerb)
    .option('--defaults', say('help.credential.defaults'))
    .option('--camera <id>', say('help.credential.camera'));
}

/** An option that may be given several times. */
function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function localise(program: Command, say: Say): void {
  const titles: Readonly<Record<string, string>> = {
    'Usage:': say('help.usage'),
    'Arguments:': say('help.arguments'),
    'Options:': say('help.options'),
    'Global Options:': say('help.globalOptions'),
    'Commands:': say('help.commands'),
  };
  program
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => titles[title] ?? title,
      optionDescription: (option) => describe(option, say),
    })
    .helpOption('-h, --help', say('help.help'))
    .helpCommand(false)
    .addHelpText('afterAll', `\n${say('help.exits')}`);
}

function describe(option: Option, say: Say): string {
  const { description, defaultValue, defaultValueDescription = String(defaultValue) } = option;
  return defaultValue === undefined ? description : `${description} (${say('help.default')}: ${defaultValueDescription})`;
}
