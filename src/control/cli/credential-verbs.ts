// The verbs about logins: sets for many cameras, the login of one, and the audit of factory passwords.
import { auditStateWords } from '../messages/logins.ts';
import { exits, UsageFault, type Verb, withGateway } from './context.ts';
import { type LoginOptions, readLogin } from './secret-file.ts';
import { orDash, textIn, word } from './words.ts';

export const credentialListVerb: Verb<object> = async (context) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('credential.list', {}));
  if (context.json) screen.json(answer);
  else if (answer.sets.length === 0) screen.line(say('credential.none'));
  else {
    screen.table([
      [say('column.name'), say('column.user'), say('column.ranges'), say('column.makers'), say('column.macs')],
      ...answer.sets.map(({ name, user, scope }) => [
        name,
        orDash(user),
        ...[scope.ranges, scope.makers, scope.macs].map((texts) => orDash(texts.join(' '))),
      ]),
    ]);
  }
  return exits.done;
};

/** Options of `credential add`. */
export interface CredentialAddOptions extends LoginOptions {
  readonly range?: readonly string[];
  readonly maker?: readonly string[];
  readonly mac?: readonly string[];
  readonly position?: number;
}

export const credentialAddVerb: Verb<CredentialAddOptions> = async (context, options, name) => {
  const login = await readLogin(context, options);
  if (!login) throw new UsageFault(context.say('credential.loginMissing'));
  const { range: ranges, maker: makers, mac: macs, position } = options;
  await withGateway(context, (client) => client.call('credential.add', { name, login, ranges, makers, macs, position }));
  if (context.json) context.screen.json({ name, added: true });
  else context.screen.line(context.say('credential.added', { name }));
  return exits.done;
};

export const credentialRemoveVerb: Verb<object> = async (context, _, name) => {
  await withGateway(context, (client) => client.call('credential.remove', { name }));
  if (context.json) context.screen.json({ name, removed: true });
  else context.screen.line(context.say('credential.removed', { name }));
  return exits.done;
};

/** Options of `credential audit`. */
export interface CredentialAuditOptions {
  readonly defaults?: boolean;
  readonly camera?: string;
}

export const credentialAuditVerb: Verb<CredentialAuditOptions> = async (context, { defaults = false, camera }) => {
  const { say, screen } = context;
  if (defaults) {
    const { queued } = await withGateway(context, (client) => client.call('credential.audit', { camera }));
    if (context.json) screen.json({ queued });
    else screen.line(say('credential.audits', { n: queued }));
    return exits.done;
  }
  const answer = await withGateway(context, (client) => client.call('credential.audited', {}));
  if (context.json) {
    screen.json(answer);
    return exits.done;
  }
  if (answer.rows.length === 0) screen.line(say('credential.noAudit'));
  else {
    screen.table([
      [say('column.camera'), say('column.state'), say('column.tried')],
      ...answer.rows.map((row) => [row.camera, word(auditStateWords, row.state, context), `${row.tried}/${row.of}`]),
    ]);
  }
  if (answer.quarantined.length > 0) screen.line(say('credential.quarantined', { cameras: answer.quarantined.join(', ') }));
  return exits.done;
};

/** Options of `camera login`. */
export interface CameraLoginOptions extends LoginOptions {
  readonly none?: boolean;
}

export const cameraLoginVerb: Verb<CameraLoginOptions> = async (context, options, id) => {
  const login = await readLogin(context, options);
  if ((login === undefined) === (options.none !== true)) throw new UsageFault(context.say('credential.loginMissing'));
  await withGateway(context, (client) => client.call('camera.login', { id, login }));
  if (context.json) context.screen.json({ id, login: login !== undefined });
  else context.screen.line(context.say(login ? 'camera.loginSet' : 'camera.loginGone', { id }));
  return exits.done;
};

export const cameraRefreshVerb: Verb<object> = async (context, _, id) => {
  const { say, screen } = context;
  const answer = await withGateway(context, (client) => client.call('camera.refresh', { id }));
  const { identity, channels, problem } = answer;
  if (context.json) screen.json(answer);
  else if (problem) {
    screen.complain(say('word.error', { text: textIn(problem.message, context) }));
    screen.complain(say('word.hint', { text: textIn(problem.hint, context) }));
  } else {
    const model = orDash([identity?.maker, identity?.model].filter((part) => part !== undefined && part !== '').join(' '));
    screen.line(say('camera.refreshed', { id, model, firmware: orDash(identity?.firmware), channels }));
  }
  return problem ? exits.failed : exits.done;
};
