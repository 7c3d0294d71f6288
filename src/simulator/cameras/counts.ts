// What a virtual camera counts, for the tests that ask.

/** What happened at the camera since it was opened. */
export interface CameraCounts {
  requests: number;
  /** Proofs that were wrong, by SOAP, RTSP or snapshot. */
  failedLogins: number;
  /** Passwords that were sent in clear. */
  basicLogins: number;
  /** How often too many failed logins locked the account, and proofs that came meanwhile. */
  lockOuts: number;
  whileLocked: number;
  malformed: number;
  /** Faults answered. */
  faults: number;
  subscriptions: number;
  renewals: number;
  synchronised: number;
  /** Key frames asked for (SetSynchronizationPoint of a media profile). */
  keyFramesAsked: number;
  pulls: number;
  /** Pulls that wait now. */
  pullsNow: number;
  /** Things that the camera reported, to however many subscriptions. */
  reported: number;
  /** Messages put into subscriptions, first values among them. */
  queued: number;
  /** Messages handed over in replies. */
  events: number;
  /** Messages that went because nobody fetched them, and those whose reply did not get out. */
  overflowed: number;
  undelivered: number;
  snapshots: number;
  /** RTSP sessions that began to play, and those that play now. */
  streamsPlayed: number;
  streamsNow: number;
}

/** Counts of a camera to which nothing has happened. */
export function noCounts(): CameraCounts {
  return {
    requests: 0,
    failedLogins: 0,
    basicLogins: 0,
    lockOuts: 0,
    whileLocked: 0,
    malformed: 0,
    faults: 0,
    subscriptions: 0,
    renewals: 0,
    synchronised: 0,
    keyFramesAsked: 0,
    pulls: 0,
    pullsNow: 0,
    reported: 0,
    queued: 0,
    events: 0,
    overflowed: 0,
    undelivered: 0,
    snapshots: 0,
    streamsPlayed: 0,
    streamsNow: 0,
  };
}
