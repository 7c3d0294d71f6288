// The rules of lawful access, pure: a request and the time in, a verdict out. Nothing is shown that does not pass here.
import { formatDuration, type Text } from '#base';
import type { Grant, GrantForm, GrantRequest, StreamName, StreamOffer, StreamProtocol } from '#model';
import { type Claims, cleanText, readClaims } from './claims.ts';
import { isGroundId } from './grounds.ts';
import type { AccessOptions, ServiceOptions } from './options.ts';
import { type RefusalReason, refusals } from './refusals.ts';

/** A request for pictures. */
export interface AccessAsk {
  readonly form: GrantForm;
  readonly device: string;
  readonly channel: number;
  readonly quality: StreamName;
  readonly protocol?: StreamProtocol | undefined;
  /** CIDR: the only network from which the address opens. */
  readonly network?: string | undefined;
  /** Where the pictures are carried to, where nobody fetches them. */
  readonly pushTo?: string | undefined;
  /** Whether the configuration allows `pushTo`; asked after everything else. */
  readonly pushAllowed?: boolean;
  /** The `grant` of the request as it came: any JSON. */
  readonly grant: unknown;
  /** Whether the site has this channel; asked after everything else, so that no stranger learns the inventory by asking. */
  readonly deviceKnown: boolean;
  /** Who asks: a hub connection's name, or `cli:USER`. */
  readonly origin: string;
  readonly commandId: string;
  /** Services that this connection may claim. */
  readonly services: readonly string[];
  /** Wall milliseconds of the asker's clock when it asked; the time to the end is counted from it when our clocks differ. */
  readonly issuedAt?: number;
}

/** No, and why. */
export interface Refusal {
  readonly granted: false;
  /** `access.ground-missing` and the like. */
  readonly reason: string;
  /** English, for the outcome. */
  readonly message: string;
  readonly text: Text;
  /** What would be granted instead. */
  readonly offer?: StreamOffer | undefined;
}

/** What the rules say. */
export type Verdict =
  | {
      readonly granted: true;
      readonly request: GrantRequest;
      readonly remainingMs: number;
    }
  | (Refusal & { readonly claims: Claims | undefined });

/** A clock of ours that is more than this behind the asker's is wrong. One that is ahead proves nothing: the request may have waited for the line. */
const clockToleranceMs = 60_000;

/** Decides a request. `nowMs` is our wall clock. */
export function decide(ask: AccessAsk, options: AccessOptions, nowMs: number): Verdict {
  const read = readClaims(ask.grant);
  if (!read) return { ...refuse('grant-missing'), claims: undefined };
  const { claims, malformed } = read;
  const { service: serviceId, incident, agency, person, ground: groundId, until, emergency, document } = claims;
  const no = (reason: RefusalReason, detail?: string): Verdict => ({ ...refuse(reason, detail), claims });

  if (malformed !== undefined) return no('malformed', malformed);
  if (serviceId === undefined) return no('service-missing');
  if (incident === undefined) return no('incident-missing');
  if (agency === undefined || person === undefined) return no('recipient-missing');
  if (groundId === undefined) return no('ground-missing');
  if (until === undefined) return no('end-missing');
  if (emergency && emergency.reason === undefined) return no('emergency-reason-missing');

  const service = findClaimable(serviceId, ask, options);
  if (!service) return no('service-not-allowed', serviceId);
  if (!isGroundId(groundId)) return no('ground-unknown', groundId);
  if (!service.grounds.includes(groundId)) return no('ground-not-allowed', `${serviceId}, ${groundId}`);
  const length = decideLength(until, service, ask.issuedAt, nowMs);
  if (typeof length !== 'number') return { ...length, claims };
  if (!ask.deviceKnown) return no('camera-unknown', `${ask.device}/${ask.channel}`);
  if (ask.pushTo !== undefined && ask.pushAllowed !== true) return no('push-not-allowed', withoutLogin(ask.pushTo));

  const request: GrantRequest = {
    service: serviceId,
    incident,
    recipient: { agency, person },
    ground: groundId,
    until,
    emergency: emergency?.reason === undefined ? undefined : { reason: emergency.reason },
    document,
  };
  return { granted: true, request, remainingMs: length };
}

/** What an extension is decided on. */
export interface ExtensionAsk {
  readonly origin: string;
  readonly until: number;
  readonly issuedAt: number | undefined;
}

/** Decides an extension: the new remaining time, or why not. Only who opened a grant extends it. */
export function decideExtension(grant: Grant | undefined, ask: ExtensionAsk, options: AccessOptions, nowMs: number): number | Refusal {
  if (!grant || grant.end || grant.origin !== ask.origin) return refuse('grant-unknown');
  const service = options.services.find((item) => item.id === grant.request.service);
  if (!service) return refuse('service-not-allowed', grant.request.service);
  if (ask.until <= grant.request.until) return refuse('end-not-later');
  return decideLength(ask.until, service, ask.issuedAt, nowMs);
}

/** The refusal for a reason of the table. */
export function refuse(reason: RefusalReason, detail?: string): Refusal {
  const fault = refusals.fault(reason, detail === undefined ? {} : { detail });
  return { granted: false, reason: fault.code, message: fault.message, text: fault.text };
}

/** The address as the ledger may have it. */
function withoutLogin(address: string): string {
  return cleanText(address.replace(/\/\/.*@/, '//'), 200);
}

function findClaimable(id: string, ask: AccessAsk, options: AccessOptions): ServiceOptions | undefined {
  const service = options.services.find((item) => item.id === id);
  if (!service || !ask.services.includes(id)) return undefined;
  return service.local && !ask.origin.startsWith('cli:') ? undefined : service;
}

/** Milliseconds to the end. Counted on the asker's clock when ours is behind it, so that an unset clock does not lengthen a grant. */
function decideLength(until: number, service: ServiceOptions, issuedAt: number | undefined, nowMs: number): number | Refusal {
  const start = issuedAt !== undefined && nowMs < issuedAt - clockToleranceMs ? issuedAt : nowMs;
  const lengthMs = until - start;
  if (lengthMs <= 0) return refuse('end-past');
  if (lengthMs > service.maxDuration) return refuse('too-long', `${service.id} at most ${formatDuration(service.maxDuration)}`);
  return lengthMs;
}
