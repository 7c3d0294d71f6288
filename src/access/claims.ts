// Reads the grant part of a request: what is claimed, cleaned and cut for the ledger, and what is missing or malformed.
/** Who wants to see what for, as far as it could be read. */
export interface Claims {
  readonly service: string | undefined;
  readonly incident: string | undefined;
  readonly agency: string | undefined;
  readonly person: string | undefined;
  readonly ground: string | undefined;
  /** Wall milliseconds of the asker's clock. */
  readonly until: number | undefined;
  readonly emergency: { readonly reason: string | undefined } | undefined;
  readonly document: string | undefined;
}

/** The claims, and the name of the first field that is there but has no proper form. */
export interface ReadClaims {
  readonly claims: Claims;
  readonly malformed: string | undefined;
}

const maxText = 100;
const maxReason = 500;
// RFC 3339 §5.6, with its offset; seconds and fractions as they come.
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Undefined when `raw` is no object. Never throws. */
export function readClaims(raw: unknown): ReadClaims | undefined {
  const grant = objectOf(raw);
  if (!grant) return undefined;
  let malformed: string | undefined;
  const text = (name: string, value: unknown, max = maxText): string | undefined => {
    if (value === undefined || value === null) return undefined;
    const clean = typeof value === 'string' ? cleanText(value, max) : undefined;
    if (clean !== value) malformed ??= name;
    return clean?.trim() || undefined;
  };
  const object = (name: string, value: unknown): Readonly<Record<string, unknown>> | undefined => {
    if (value === undefined || value === null) return undefined;
    const found = objectOf(value);
    if (!found) malformed ??= name;
    return found;
  };
  const service = text('service', grant['service']);
  const incident = text('incident', grant['incident']);
  const recipient = object('recipient', grant['recipient']);
  const agency = text('recipient.agency', recipient?.['agency']);
  const person = text('recipient.person', recipient?.['person']);
  const ground = text('ground', grant['ground']);
  const end = text('until', grant['until']);
  const until = end === undefined ? undefined : readTime(end);
  if (end !== undefined && until === undefined) malformed ??= 'until';
  const emergency = object('emergency', grant['emergency']);
  const reason = text('emergency.reason', emergency?.['reason'], maxReason);
  const document = text('document', grant['document']);
  return {
    claims: { service, incident, agency, person, ground, until, emergency: emergency && { reason }, document },
    malformed,
  };
}

/** Wall milliseconds of an RFC 3339 time; undefined when it is none. */
export function readTime(text: string): number | undefined {
  const time = timePattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

/** Without control characters and lone surrogates, at most `max` long: fit for the ledger and for a CSV file. */
export function cleanText(text: string, max = maxText): string {
  return text
    .slice(0, max * 2)
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, max)
    .toWellFormed();
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
