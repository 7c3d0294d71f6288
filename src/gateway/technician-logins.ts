// The technician's story of logins: sets for many cameras, the login of one camera, the audit of factory logins; each act is on the audit, no secret is.
import type { Access } from '#access';
import { type Cameras, explain, wrongEntry } from '#cameras';
import type { ControlHandlers } from '#control';
import type { Credentials, Registry } from '#registry';
import { faults } from './faults.ts';

/** What the story needs. */
export interface TechnicianLoginsDeps {
  readonly access: Access;
  readonly cameras: Cameras;
  readonly credentials: Credentials;
  readonly registry: Registry;
}

type Handlers = Pick<
  ControlHandlers,
  'credential.list' | 'credential.add' | 'credential.remove' | 'credential.audit' | 'credential.audited' | 'camera.login' | 'camera.refresh'
>;

/** One handler for each operation about logins. */
export function openTechnicianLogins({ access, cameras, credentials, registry }: TechnicianLoginsDeps): Handlers {
  const requireCamera = (id: string): void => {
    if (registry.find(id)?.type !== 'camera') throw faults.fault('not-a-camera', { detail: id });
  };
  const account = (act: string, by: string, subject: string, detail = ''): Promise<void> => access.account({ act, by, subject, detail });
  return {
    'credential.list': async () => ({ sets: await credentials.list() }),
    async 'credential.add'({ name, login, position, ...scope }, { origin }) {
      const wrong = wrongEntry(scope);
      if (wrong !== undefined) throw faults.fault('scope-wrong', { detail: wrong });
      await credentials.add({ name, login, scope, position });
      await account('credential.add', origin, name, login.user);
      cameras.retryLogins();
      return {};
    },
    async 'credential.remove'({ name }, { origin }) {
      await credentials.remove(name);
      await account('credential.remove', origin, name);
      return {};
    },
    async 'credential.audit'({ camera }, { origin }) {
      if (camera !== undefined) requireCamera(camera);
      const ids = camera === undefined ? registry.list('camera').map(({ id }) => id) : [camera];
      await account('credential.audit', origin, camera ?? 'cameras', `${ids.length}`);
      return { queued: cameras.audit.start(ids) };
    },
    'credential.audited': () =>
      Promise.resolve({
        rows: cameras.audit.rows(),
        quarantined: registry
          .list('camera')
          .map(({ id }) => id)
          .filter(cameras.audit.isQuarantined),
      }),
    async 'camera.login'({ id, login }, { origin }) {
      requireCamera(id);
      await registry.setLogin(id, login);
      await account('camera.login', origin, id, login?.user);
      return {};
    },
    async 'camera.refresh'({ id }, { signal }) {
      requireCamera(id);
      const answered = await cameras.refresh(id, signal);
      if (answered.result === 'failed') return { channels: 0, problem: explain(answered.failure) };
      return { identity: registry.find(id)?.identity, channels: answered.profile.channels.length };
    },
  };
}
