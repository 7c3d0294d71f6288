// The verbs that do something to a camera: ptz, relay, reboot, clock.
import { type Command, Option } from 'commander';
import type { Asked, Result } from '../contract.ts';
import type { Say } from '../messages/catalogue.ts';
import { exits, UsageFault, type Verb, type VerbContext, withGateway } from './context.ts';
import { openParsers } from './parsers.ts';
import { orDash, textIn } from './words.ts';

/** Options of `camera ptz`. */
interface PtzOptions {
  readonly channel?: number;
  readonly pan?: number;
  readonly tilt?: number;
  readonly zoom?: number;
  readonly for: number;
  readonly return?: string;
}

type Policy = Asked<'camera.ptz-policy'>['policy'];
const policies: readonly string[] = ['never', 'idle-only', 'allowed'] satisfies readonly Policy[];

const ptzVerb: Verb<PtzOptions> = async (context, options, argument) => {
  const { id, action, value } = parted(argument);
  const head = { id, channel: options.channel };
  if (action === '') return showHead(context, head);
  if (action === 'move') return drive(context, { ...head, ...axesOf(options, context), forMs: options.for });
  if (action === 'policy') return setPolicy(context, id, value, options.return);
  await withGateway(context, async (client) => {
    if (action === 'to' || action === 'step') {
      const axes = axesOf(options, context);
      if (action === 'to' && (axes.pan === undefined) !== (axes.tilt === undefined)) throw new UsageFault(context.say('usage.ptzPlace'));
      await client.call('camera.ptz-move', { ...head, ...axes, way: action === 'to' ? 'absolute' : 'relative' });
    } else if (action === 'preset' && value !== '') await client.call('camera.ptz-go', { ...head, preset: value });
    else if (action === 'home' && value === '') await client.call('camera.ptz-go', head);
    else if (action === 'stop' && value === '') await client.call('camera.ptz-stop', head);
    else throw new UsageFault(context.say('usage.ptzAction'));
  });
  if (context.json) context.screen.json({ id, action, done: true });
  else context.screen.line(context.say(action === 'stop' ? 'ptz.ended' : 'ptz.done', { id }));
  return exits.done;
};

/** `ID [ACTION [VALUE …]]`. */
function parted(argument: string): { readonly id: string; readonly action: string; readonly value: string } {
  const [id = '', action = '', ...rest] = argument.split(' ');
  return { id, action, value: rest.join(' ') };
}

function axesOf({ pan, tilt, zoom }: PtzOptions, { say }: VerbContext): Pick<PtzOptions, 'pan' | 'tilt' | 'zoom'> {
  const given = Object.entries({ pan, tilt, zoom }).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw new UsageFault(say('usage.ptzAxes'));
  return Object.fromEntries(given);
}

async function showHead(context: VerbContext, head: Asked<'camera.ptz'>): Promise<number> {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('camera.ptz', head));
  if (context.json) screen.json(answer);
  else
    screen.table([
      [say('ptz.policy'), answer.policy],
      [say('ptz.returns'), orDash(answer.returnTo)],
      [say('ptz.holder'), orDash(answer.holder ?? '')],
      [say('ptz.position'), positionText(answer, context)],
      [say('ptz.presets'), orDash(answer.presets.map(({ token, name }) => (token === name ? token : `${token} ${name}`)).join(', '))],
    ]);
  if (answer.problem && !context.json) {
    screen.line(textIn(answer.problem.message, context));
    screen.line(say('word.hint', { text: textIn(answer.problem.hint, context) }));
  }
  return exits.done;
}

function positionText({ moving, position }: Result<'camera.ptz'>, { say }: VerbContext): string {
  if (!position) return say('ptz.untold');
  const at = (value: number | undefined): string => (value === undefined ? '-' : String(Math.round(value * 1000) / 1000));
  const place = say('ptz.at', { pan: at(position.pan), tilt: at(position.tilt), zoom: at(position.zoom) });
  return moving === undefined ? place : `${place}, ${say(moving ? 'ptz.moves' : 'ptz.rests')}`;
}

async function drive(context: VerbContext, asked: Asked<'camera.ptz-drive'>): Promise<number> {
  const { say, screen, json, io } = context;
  await withGateway(context, async (client) => {
    for await (const item of client.follow('camera.ptz-drive', asked, io.signal)) {
      if (json) screen.json(item);
      else screen.line('ended' in item ? say('ptz.ended', { id: asked.id }) : say('ptz.moving', { id: asked.id }));
    }
  });
  return exits.done;
}

async function setPolicy(context: VerbContext, id: string, policy: string, back: string | undefined): Promise<number> {
  const { say, screen } = context;
  if (!isPolicy(policy)) throw new UsageFault(say('usage.ptzAction'));
  const ptzReturn = back === 'none' ? '' : back;
  const answer = await withGateway(context, (client) => client.call('camera.ptz-policy', { id, policy, ptzReturn }));
  if (context.json) screen.json({ id, ...answer });
  else screen.line(say('ptz.policySet', { id, policy: answer.policy, place: orDash(answer.returnTo) }));
  return exits.done;
}

function isPolicy(text: string): text is Policy {
  return policies.includes(text);
}

/** Options of `camera relay`. */
interface RelayOptions {
  readonly for: number;
  readonly reason?: string;
}

const relayVerb: Verb<RelayOptions> = async (context, { for: forMs, reason }, argument) => {
  const { say, screen } = context;
  const { id, action, value: relay } = parted(argument);
  if (action === '') return listRelays(context, id);
  const isAction = action === 'on' || action === 'off' || action === 'pulse';
  if (!isAction || relay === '' || reason === undefined) throw new UsageFault(say('usage.relayAction'));
  await withGateway(context, (client) => client.call('camera.relay-set', { id, relay, state: action, forMs, reason }));
  if (context.json) screen.json({ id, relay, state: action });
  else screen.line(say('relay.done', { id, relay, state: action }));
  return exits.done;
};

async function listRelays(context: VerbContext, id: string): Promise<number> {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('camera.relays', { id }));
  if (context.json) screen.json(answer);
  else if (answer.relays.length === 0) screen.line(say('relay.none'));
  else
    screen.table([
      [say('column.relay'), say('column.mode'), say('column.idle')],
      ...answer.relays.map(({ token, mode, idle }) => [token, orDash(mode), orDash(idle)]),
    ]);
  return exits.done;
}

const rebootVerb: Verb<{ readonly yes?: boolean; readonly reason: string }> = async (context, { yes, reason }, id) => {
  if (yes !== true) throw new UsageFault(context.say('usage.rebootYes'));
  await withGateway(context, (client) => client.call('camera.reboot', { id, reason }));
  if (context.json) context.screen.json({ id, restarts: true });
  else context.screen.line(context.say('reboot.done', { id }));
  return exits.done;
};

const clockVerb: Verb<{ readonly set?: boolean }> = async (context, { set }, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('camera.clock', { id, set }));
  const { clock, before } = answer;
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  if (context.json) screen.json({ id, ...answer });
  else if (before) screen.line(say('clock.set', { id, before: seconds(before.offsetMs), after: seconds(clock.offsetMs) }));
  else screen.line(say('clock.offset', { id, seconds: seconds(clock.offsetMs), source: say(clock.byNtp ? 'clock.ntp' : 'clock.manual') }));
  return exits.done;
};

/** Makes a verb of the grammar. */
type Make = <Options>(
  parent: Command,
  name: string,
  key: 'help.ptz' | 'help.relay' | 'help.reboot' | 'help.clock',
  verb: Verb<Options>,
) => Command;

/** The grammar of these verbs. */
export function addCameraActVerbs(camera: Command, make: Make, say: Say): void {
  const { wholeNumber, decimalNumber, duration } = openParsers(say);
  make(camera, 'ptz', 'help.ptz', ptzVerb)
    .argument('<id>', say('help.camera.id'))
    .argument('[action]', say('help.ptz.action'))
    .argument('[value...]', say('help.ptz.value'))
    .option('--channel <n>', say('help.channel'), wholeNumber, 1)
    .option('--pan <n>', say('help.ptz.pan'), decimalNumber)
    .option('--tilt <n>', say('help.ptz.tilt'), decimalNumber)
    .option('--zoom <n>', say('help.ptz.zoom'), decimalNumber)
    .addOption(new Option('--for <time>', say('help.ptz.for')).argParser(duration).default(1000, '1s'))
    .option('--return <place>', say('help.ptz.return'));
  make(camera, 'relay', 'help.relay', relayVerb)
    .argument('<id>', say('help.camera.id'))
    .argument('[action]', say('help.relay.action'))
    .argument('[relay]', say('help.relay.token'))
    .addOption(new Option('--for <time>', say('help.relay.for')).argParser(duration).default(1000, '1s'))
    .option('--reason <text>', say('help.reason'));
  make(camera, 'reboot', 'help.reboot', rebootVerb)
    .argument('<id>', say('help.camera.id'))
    .requiredOption('--reason <text>', say('help.reason'))
    .option('--yes', say('help.reboot.yes'));
  make(camera, 'clock', 'help.clock', clockVerb).argument('<id>', say('help.camera.id')).option('--set', say('help.clock.set'));
}
