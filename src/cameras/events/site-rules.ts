// The site's own rules for topics that no table knows: analytics apps, and what a camera's maker names as it likes.

import type { TopicRule } from '../event-options.ts';
import type { Notification } from './notification.ts';
import { plainTopic } from './notification.ts';
import { opinion, type TopicMeaning } from './subject.ts';
import { fitsTopic, segmentsOf } from './topics.ts';

/** Finds what the site says of a message; undefined when it says nothing. */
export type SiteRules = (notification: Notification) => TopicMeaning | undefined;

interface Compiled {
  readonly segments: readonly string[];
  readonly when: readonly (readonly [name: string, values: ReadonlySet<string>])[];
  readonly meaning: TopicMeaning;
}

/** Compiles the rules. They are tried in order before every table; the first that fits holds. */
export function openSiteRules(rules: readonly TopicRule[]): SiteRules {
  const compiled = rules.map(compile);
  return (notification) => {
    if (compiled.length === 0) return undefined;
    const segments = segmentsOf(notification.topic);
    return compiled.find((rule) => fitsTopic(rule.segments, segments) && holds(rule, notification))?.meaning;
  };
}

function compile({ topic, when, kind, state, active, severity }: TopicRule): Compiled {
  const plain = plainTopic(topic);
  const states = state === undefined ? opinion : state === 'pulse' ? [] : [state];
  return {
    segments: segmentsOf(plain),
    when: Object.entries(when).map(([name, values]) => [name.toLowerCase(), new Set(values.map(fold))]),
    meaning: {
      topic: plain,
      state: states,
      ...(kind !== 'none' && { about: { alarm: kind } }),
      ...(active.length > 0 && { active: active.map(fold) }),
      ...(severity && { severity }),
    },
  };
}

/** Every condition holds for some item of the message. */
function holds({ when }: Compiled, { source, data }: Notification): boolean {
  return when.every(([name, values]) =>
    [...source, ...data].some((item) => item.name.toLowerCase() === name && values.has(fold(item.value))),
  );
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}
