// A sender of webhooks as alarm makers' clouds are: posts JSON with a bearer token and repeats, with the same id, what was not answered 2xx.
import { Agent, request } from 'node:http';
import { type Env, openBackoff, uuidv7 } from '#base';

/** Where the messages go. */
export interface WebhookTarget {
  /** `http://host:port/path`; `{device}` in it becomes the sender's id. */
  readonly url: string;
  readonly token: string | undefined;
}

/** How the sender works. */
export interface WebhookOptions {
  /** Messages under way at once. Default 4. */
  readonly concurrency?: number;
  /** Longest wait for an answer. Default 5,000. */
  readonly timeoutMs?: number;
  /** Longest wait between two tries of a message. Default 5,000. */
  readonly maxBackoffMs?: number;
}

/** What became of a message. `abandoned`: the sender was closed, or more than 10,000 messages waited. */
export type Delivery =
  | { readonly result: 'answered'; readonly id: string; readonly attempts: number; readonly status: number }
  | { readonly result: 'abandoned'; readonly id: string };

/** Sends until it is disposed. */
export interface WebhookSender extends AsyncDisposable {
  /** Resolves when the message was answered 2xx; `id` is added to the body where there is none. Waits while there is no target. */
  send(body: Readonly<Record<string, unknown>>): Promise<Delivery>;
  /** Changes where messages go, from their next try. */
  aim(target: WebhookTarget | undefined): void;
  readonly counts: { readonly waiting: number; readonly answered: number; readonly retries: number };
}

interface Waiting {
  readonly id: string;
  readonly device: string;
  readonly text: string;
  readonly done: (delivery: Delivery) => void;
}

const maxWaiting = 10_000;

/** Opens a sender. */
export function openWebhookSender(target: WebhookTarget | undefined, options: WebhookOptions, env: Env): WebhookSender {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency ?? 4 });
  const stop = new AbortController();
  const queue: Waiting[] = [];
  const counts = { waiting: 0, answered: 0, retries: 0 };
  let aim = target;
  let busy = 0;
  const deliver = async (one: Waiting): Promise<void> => {
    const backoff = openBackoff({ minMs: 100, maxMs: options.maxBackoffMs ?? 5000 }, env.random);
    for (let attempts = 1; !stop.signal.aborted; attempts += 1) {
      const status = aim ? await post(aim, one, { agent, timeoutMs: options.timeoutMs ?? 5000, signal: stop.signal }, env) : 0;
      if (status >= 200 && status < 300) {
        counts.answered += 1;
        return one.done({ result: 'answered', id: one.id, attempts, status });
      }
      if (aim) counts.retries += 1;
      await env.clock.sleep(aim ? backoff.next() : 100, stop.signal).catch(() => {});
    }
    one.done({ result: 'abandoned', id: one.id });
  };
  const pump = (): void => {
    while (busy < (options.concurrency ?? 4)) {
      const one = queue.shift();
      if (!one) return;
      busy += 1;
      void deliver(one).finally(() => {
        busy -= 1;
        counts.waiting -= 1;
        pump();
      });
    }
  };
  return {
    counts,
    aim(next) {
      aim = next;
    },
    async send(body) {
      const id = typeof body['id'] === 'string' ? body['id'] : uuidv7(env.clock.now(), env.random);
      if (stop.signal.aborted || queue.length >= maxWaiting) return { result: 'abandoned', id };
      counts.waiting += 1;
      return await new Promise((done) => {
        const device = typeof body['device'] === 'string' ? body['device'] : '';
        queue.push({ id, device, text: JSON.stringify({ id, ...body }), done });
        pump();
      });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const one of queue.splice(0)) one.done({ result: 'abandoned', id: one.id });
      agent.destroy();
    },
  };
}

interface Post {
  readonly agent: Agent;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The status of the answer; 0 when there was none. */
function post(target: WebhookTarget, message: Waiting, options: Post, env: Env): Promise<number> {
  const authorization = target.token === undefined ? {} : { authorization: `Bearer ${target.token}` };
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(message.text), ...authorization };
  return new Promise((resolve) => {
    const sent = request(target.url.replace('{device}', encodeURIComponent(message.device)), {
      method: 'POST',
      agent: options.agent,
      headers,
      signal: options.signal,
    });
    const late = env.clock.after(options.timeoutMs, () => sent.destroy());
    const end = (status: number): void => {
      late[Symbol.dispose]();
      resolve(status);
    };
    sent.on('error', () => end(0));
    sent.on('close', () => end(0));
    sent.on('response', (response) => {
      response.on('error', () => {});
      response.resume();
      end(response.statusCode ?? 0);
    });
    sent.end(message.text);
  });
}
