// The one error class of the house and the tables its codes come from.

/** The two languages of the people who install and watch a gateway. */
export type Language = 'ko' | 'en';

/** One text in both languages. */
export type Text = Readonly<Record<Language, string>>;

/** Words that need no translation: a code, an address, what a device or a person wrote. */
export function sameText(words: string): Text {
  return { ko: words, en: words };
}

/** What is wrong and what to do about it, as one text. */
export function withHint(text: Text, hint: Text): Text {
  return { ko: `${text.ko}. ${hint.ko}`, en: `${text.en}. ${hint.en}` };
}

/** Whether two texts say the same in both languages. */
export function isSameText(one: Text, other: Text): boolean {
  return one.ko === other.ko && one.en === other.en;
}

/** What a room says about one of its faults. */
export interface FaultEntry {
  readonly message: Text;
  /** What a technician can do about it. */
  readonly hint: Text;
  /** Whether trying the same again later can succeed. Default false. */
  readonly retryable?: boolean;
}

/** What the thrower adds to a fault. */
export interface FaultContext {
  readonly cause?: unknown;
  /** Where and what, never a secret: a path, an address, a key; in both languages where it is a sentence. Appended to the message. */
  readonly detail?: string | Text;
}

/** A fault with a stable code `room.reason`, a text and a hint in both languages. */
export class BongsuError extends Error {
  override readonly name = 'BongsuError';
  readonly code: string;
  /** What happened, without the detail: for strangers, who need not know addresses and paths of the site. */
  readonly summary: Text;
  /** What happened, with the detail. */
  readonly text: Text;
  readonly hint: Text;
  readonly retryable: boolean;
  readonly detail: string | undefined;

  constructor(code: string, entry: FaultEntry, context: FaultContext = {}) {
    const detail = typeof context.detail === 'string' ? sameText(context.detail) : context.detail;
    const tail = detail ? { en: `: ${detail.en}`, ko: `: ${detail.ko}` } : sameText('');
    super(entry.message.en + tail.en, context.cause === undefined ? {} : { cause: context.cause });
    this.code = code;
    this.summary = entry.message;
    this.text = { en: entry.message.en + tail.en, ko: entry.message.ko + tail.ko };
    this.hint = entry.hint;
    this.retryable = entry.retryable ?? false;
    this.detail = detail?.en;
  }
}

/** A room's table of faults: `fault(reason)` makes the error with the code `room.reason`. */
export interface FaultTable<Reason extends string> {
  readonly room: string;
  readonly entries: Readonly<Record<Reason, FaultEntry>>;
  fault(reason: Reason, context?: FaultContext): BongsuError;
}

/** Declares the faults of a room. */
export function faultTable<Reason extends string>(room: string, entries: Record<Reason, FaultEntry>): FaultTable<Reason> {
  return { room, entries, fault: (reason, context) => new BongsuError(`${room}.${reason}`, entries[reason], context) };
}

const unexpected: Text = {
  ko: '예상하지 못한 오류가 발생했습니다. 게이트웨이 로그를 확인하십시오',
  en: "Something unexpected failed. Look into the gateway's log",
};

/** Anything thrown, parted: what is wrong with its hint, which strangers may read, and where and why (addresses, paths, errno), which they may not. */
export function troubleOf(error: unknown): { readonly message: Text; readonly detail: string } {
  if (!(error instanceof BongsuError)) return { message: unexpected, detail: messageOf(error) };
  const cause = error.cause === undefined ? undefined : messageOf(error.cause);
  const { detail: own = '' } = error;
  const parts = cause === undefined || own.includes(cause) ? [own] : cause.includes(own) ? [cause] : [own, cause];
  const detail = parts.join(', ');
  return { message: withHint(error.summary, error.hint), detail };
}

/** The message of anything thrown, for a log line or a detail; never longer than 300 characters. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
