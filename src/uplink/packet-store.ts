// The packet store that MQTT.js asks for, which keeps nothing: what is under way is the outbox's, and its client never sends anything again.
import { Store } from 'mqtt';

/**
 * Keeps nothing. MQTT.js's own keeps a deep copy of each packet in a map; the tables that such a map leaves behind when it grows hold their packets until the
 * next full garbage collection, 2 to 3 KiB for every message of a drain (docs/decisions/memory.md).
 */
export class PacketStore extends Store {
  override put(_packet: unknown, done?: () => void): this {
    done?.();
    return this;
  }

  /** Says that it had the packet: there is nothing to miss. */
  override del(_packet: unknown, done?: (error?: Error) => void): this {
    done?.();
    return this;
  }
}
