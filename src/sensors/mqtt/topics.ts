// Topics as the configuration writes them, pure: what is subscribed to, and whether a topic fits and which key it gives (MQTT 3.1.1 §4.7).

/** A topic filter with a place for a device's key, taken apart. */
export interface TopicFilter {
  /** As MQTT knows it: `{key}` is `+`. */
  readonly subscription: string;
  /** Undefined: the topic does not fit. A key only where the filter has a place for it and it is not empty. */
  match(topic: string): { readonly key: string | undefined } | undefined;
}

const keyLevel = '{key}';

/** Opens a filter that the options have checked. Costs as much as the filter has levels, whatever the topic. */
export function openTopicFilter(filter: string): TopicFilter {
  const levels = filter.split('/');
  const isOpen = levels.at(-1) === '#';
  const fixed = isOpen ? levels.slice(0, -1) : levels;
  return {
    subscription: levels.map((level) => (level === keyLevel ? '+' : level)).join('/'),
    match(topic) {
      // Topics of the broker itself are no part of a wildcard (MQTT-4.7.2-1).
      if (topic.startsWith('$') && !fixed[0]?.startsWith('$')) return undefined;
      const parts = topic.split('/', fixed.length + 1);
      if (parts.length < fixed.length || (parts.length > fixed.length && !isOpen)) return undefined;
      let key: string | undefined;
      for (const [index, level] of fixed.entries()) {
        const part = parts[index] ?? '';
        if (level === keyLevel) key = part === '' ? undefined : part;
        else if (level !== '+' && level !== part) return undefined;
      }
      return { key };
    },
  };
}
