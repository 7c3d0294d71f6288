// Asking a place that was seen what it is, without a login: is it ONVIF, is its clock right, does it want a password, and who made it.
import type { Env } from '#base';
import type { DeviceIdentity, Finding } from '#model';
import type { Failure, FailureKind } from '../faults.ts';
import { composeEnvelope, type LoginGate, openSession } from '../soap/index.ts';
import { child, textAt, type XmlElement } from '../xml/index.ts';
import { type Sighting, writeAddress } from './sighting.ts';

type FindingProblem = Finding['problems'][number];

/** What an examination may take. */
export interface ExamineOptions {
  /** Milliseconds to a connection. */
  readonly connectTimeout: number;
  /** Milliseconds of one request. */
  readonly requestTimeout: number;
  /** From which offset on a clock is wrong, milliseconds. */
  readonly clockTolerance: number;
}

const maxReply = 64 * 1024;
const retryMs = 700;

/** What a failed call says of the place. */
const problems: Readonly<Record<FailureKind, FindingProblem>> = {
  unreachable: 'silent',
  silent: 'silent',
  closed: 'silent',
  garbage: 'not-onvif',
  'too-large': 'not-onvif',
  certificate: 'not-onvif',
  fault: 'not-onvif',
  'login-missing': 'needs-password',
  'login-refused': 'login-refused',
  'factory-state': 'factory-state',
};

const informationQuestion = composeEnvelope('<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>');

/** Examines a sighting; the MAC is the caller's to add. Rejects with the reason of `signal` alone. */
export async function examine(
  sighting: Sighting,
  options: ExamineOptions,
  { gate, env }: { readonly gate: LoginGate; readonly env: Env },
  signal: AbortSignal,
): Promise<Finding> {
  const { url, facts, endpoint, way } = sighting;
  using session = openSession({ ...options, maxReply }, { base: url, login: undefined, gate }, env);
  const found = new Set<FindingProblem>();
  let identity: DeviceIdentity = { maker: '', model: facts.hardware, firmware: '', serial: '' };
  let clock = await session.readClock(signal);
  if (clock.result === 'failed' && problems[clock.failure.kind] === 'silent') {
    // Thousands are asked at once: one slow answer is no news.
    await env.clock.sleep(retryMs, signal);
    clock = await session.readClock(signal);
  }
  // A SOAP fault is an answer all the same: some cameras refuse the clock and tell the rest.
  if (clock.result !== 'failed' || clock.failure.kind === 'login-missing') {
    const call = { url, envelope: informationQuestion, expect: 'GetDeviceInformationResponse' };
    const information = await session.call(call, signal);
    if (information.result === 'ok') identity = readInformation(information.body, identity);
    else found.add(problemOf(information.failure));
  } else found.add(problemOf(clock.failure));
  const offsetMs = session.clockOffsetMs;
  if (offsetMs !== undefined && Math.abs(offsetMs) > options.clockTolerance) found.add('clock-wrong');
  return {
    address: writeAddress(url),
    endpoint,
    mac: facts.mac,
    identity,
    name: facts.name,
    problems: [...found],
    clockOffsetMs: offsetMs,
    way,
  };
}

function problemOf(failure: Failure): FindingProblem {
  return failure.isLocked === true ? 'locked' : problems[failure.kind];
}

function readInformation(body: XmlElement, before: DeviceIdentity): DeviceIdentity {
  const said = child(body, 'GetDeviceInformationResponse');
  const field = (name: string): string => textAt(said, name).slice(0, 100);
  const model = field('Model');
  return {
    maker: field('Manufacturer'),
    model: model === '' ? before.model : model,
    firmware: field('FirmwareVersion'),
    serial: field('SerialNumber'),
  };
}
