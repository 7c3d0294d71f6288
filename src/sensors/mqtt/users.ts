// Who may log in to the broker, and who is logged in.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { MqttBrokerOptions } from '../options.ts';

/** The users of the broker. */
export interface Users {
  /** The user whose name and password these are. */
  find(name: string | undefined, password: Uint8Array | undefined): string | undefined;
}

/** Opens the table. It takes as long for a name that is not there as for a wrong password, and as long for any password. */
export function openUsers(users: MqttBrokerOptions['users']): Users {
  const digests = new Map(users.map(({ name, password }) => [name, digest(Buffer.from(password))]));
  const nobody = Buffer.alloc(32);
  return {
    find(name = '', password = new Uint8Array()) {
      const isRight = timingSafeEqual(digest(password), digests.get(name) ?? nobody);
      return isRight && digests.has(name) ? name : undefined;
    },
  };
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
