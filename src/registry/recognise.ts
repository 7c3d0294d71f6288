// Who is who: the findings of a look around against what is registered and what was found before. Pure: it decides, others do.
import { type Device, type DeviceIdentity, type Finding, tellingSerial } from '#model';
import type { FindingMeaning, KeptFinding } from './kept.ts';

/** A finding with what it means, and what is to be done about it. */
export interface Recognised {
  readonly finding: Finding;
  /** Of its row: that of the same camera found before, else a new one. */
  readonly key: string;
  readonly meaning: FindingMeaning;
  /** The registered device that it is, or in whose place it stands; empty when there is none. */
  readonly device: string;
  /** `follow`: the device has certainly moved here. `moved`, `replaced`: a person decides. */
  readonly act: 'none' | 'follow' | 'moved' | 'replaced';
}

/** What is known before. */
export interface KnownField {
  /** Registered cameras. */
  readonly devices: readonly Device[];
  readonly kept: readonly KeptFinding[];
  /** Whether a registered camera answers at its registered address right now: then it has not moved. */
  isOnline(device: string): boolean;
}

/** By what a camera is told from others. */
interface Marks {
  readonly mac: string;
  /** Empty when it tells nothing. */
  readonly serial: string;
  /** Empty when several share it. */
  readonly endpoint: string;
}

/** Recognises the findings of one look around, one for each camera. */
export function recognise(findings: readonly Finding[], known: KnownField): readonly Recognised[] {
  const shared = sharedEndpoints(findings, known.kept);
  const marks = new Map(findings.map((finding) => [finding, marksOf(finding, finding.identity, shared)]));
  const book = openBook(known, shared);
  const owners = new Map(findings.map((finding) => [finding, book.owner(marks.get(finding) ?? noMarks)]));
  const places = new Map<string, Finding[]>();
  for (const [finding, owner] of owners) {
    if (owner) places.set(owner.id, [...(places.get(owner.id) ?? []), finding]);
  }
  const leaves = (device: Device): boolean => {
    const seen = places.get(device.id) ?? [];
    return seen.length === 1 && placeOf(seen[0]?.address ?? '') !== placeOf(device.address) && !known.isOnline(device.id);
  };
  const taken = new Set<string>();
  return findings.map((finding) => {
    const own = marks.get(finding) ?? noMarks;
    const owner = owners.get(finding);
    const there = book.at(finding.address);
    const key = book.key(finding, own, taken);
    taken.add(key);
    const tell = (meaning: FindingMeaning, device: string, act: Recognised['act'] = 'none'): Recognised => ({
      finding,
      key,
      meaning,
      device,
      act,
    });
    if (owner && placeOf(owner.address) === placeOf(finding.address)) return tell('known', owner.id);
    if (owner && leaves(owner)) {
      const isCertain = !(there && !leaves(there)) && !book.isDoubtful(owner, own) && !leavesTls(owner.address, finding.address);
      return tell('moved', owner.id, isCertain ? 'follow' : 'moved');
    }
    if (owner) return tell('known', owner.id); // a second address of a camera that answers at its first, or a copy of it
    if (!there) return tell('new', '');
    if (leaves(there)) return tell('new', '');
    return book.contradicts(there, own) ? tell('replaced', there.id, 'replaced') : tell('known', there.id);
  });
}

const noMarks: Marks = { mac: '', serial: '', endpoint: '' };

function marksOf(said: Pick<Finding, 'mac' | 'endpoint'>, identity: DeviceIdentity, shared: ReadonlySet<string>): Marks {
  return {
    mac: said.mac === '' ? (identity.mac ?? '') : said.mac,
    serial: tellingSerial(identity),
    endpoint: shared.has(said.endpoint) ? '' : said.endpoint,
  };
}

/** Endpoints that more than one camera gives: in one look at different places, or kept of different devices. */
function sharedEndpoints(findings: readonly Finding[], kept: readonly KeptFinding[]): ReadonlySet<string> {
  const ownerOf = new Map<string, string>();
  const shared = new Set<string>();
  const note = (endpoint: string, owner: string): void => {
    if (endpoint === '') return;
    const before = ownerOf.get(endpoint);
    if (before !== undefined && before !== owner) shared.add(endpoint);
    ownerOf.set(endpoint, owner);
  };
  for (const { endpoint, address } of findings) note(endpoint, address);
  ownerOf.clear();
  for (const { endpoint, key } of kept) note(endpoint, key);
  return shared;
}

/** Registered devices and kept rows by what tells them apart. */
function openBook({ devices, kept }: KnownField, shared: ReadonlySet<string>) {
  const rowOf = new Map(kept.filter(({ device, meaning }) => device !== '' && meaning !== 'replaced').map((row) => [row.device, row]));
  const marks = new Map(
    devices.map((device) => {
      const row = rowOf.get(device.id);
      return [
        device,
        marksOf({ mac: device.identity.mac ?? row?.mac ?? '', endpoint: row?.endpoint ?? '' }, device.identity, shared),
      ] as const;
    }),
  );
  const deviceBy = indexBy([...marks]);
  const rowBy = indexBy(kept.map((row) => [row, marksOf(row, row.identity, shared)] as const));
  const rowAt = new Map(kept.map((row) => [placeOf(row.address), row]));
  const deviceAt = new Map(devices.map((device) => [placeOf(device.address), device]));
  /** Another serial is another camera; another MAC only where nothing else is the same: a camera may have two network cards. */
  const clashes = (left: Marks, right: Marks): boolean =>
    isOther(left.serial, right.serial) ||
    (isOther(left.mac, right.mac) && !isEqual(left.serial, right.serial) && !isEqual(left.endpoint, right.endpoint));
  return {
    /** The device that these marks are of; a mark that contradicts another proves nothing. */
    owner(own: Marks): Device | undefined {
      const device = deviceBy(own);
      return device && !clashes(marks.get(device) ?? noMarks, own) ? device : undefined;
    },
    /** Anybody can say an endpoint; another MAC, though the rest is the same, is for a person to judge. */
    isDoubtful: (device: Device, own: Marks): boolean => isOther((marks.get(device) ?? noMarks).mac, own.mac),
    at: (address: string): Device | undefined => deviceAt.get(placeOf(address)),
    /** Whether it is certainly another camera than the device was. */
    contradicts(device: Device, own: Marks): boolean {
      const before = marks.get(device) ?? noMarks;
      if (before.serial !== '' && own.serial !== '') return before.serial !== own.serial;
      if (isEqual(before.mac, own.mac) || isEqual(before.endpoint, own.endpoint)) return false;
      return isOther(before.mac, own.mac) || isOther(before.endpoint, own.endpoint);
    },
    key(finding: Finding, own: Marks, taken: ReadonlySet<string>): string {
      const here = rowAt.get(placeOf(finding.address));
      const hereMarks = here && marksOf(here, here.identity, shared);
      const same = rowBy(own) ?? (hereMarks && !clashes(hereMarks, own) && !isOther(hereMarks.endpoint, own.endpoint) ? here : undefined);
      if (same && !taken.has(same.key)) return same.key;
      const made = [own.mac && `mac ${own.mac}`, own.serial && `serial ${own.serial}`, own.endpoint].find(
        (text) => text !== '' && !taken.has(text),
      );
      return (made ?? `address ${finding.address}`).slice(0, 300);
    },
  };
}

/** What is believed by its certificate is not left for what anybody can say (docs/decisions/camera-https.md). */
function leavesTls(before: string, after: string): boolean {
  return /^https:/i.test(before) && !/^https:/i.test(after);
}

function isOther(one: string, other: string): boolean {
  return one !== '' && other !== '' && one !== other;
}

function isEqual(one: string, other: string): boolean {
  return one !== '' && one === other;
}

/** Finds by MAC, then serial, then endpoint. What two have finds neither. */
function indexBy<T>(entries: readonly (readonly [T, Marks])[]): (marks: Marks) => T | undefined {
  const maps = {
    mac: new Map<string, T | undefined>(),
    serial: new Map<string, T | undefined>(),
    endpoint: new Map<string, T | undefined>(),
  };
  const names = ['mac', 'serial', 'endpoint'] as const;
  for (const [value, marks] of entries) {
    for (const name of names) {
      const mark = marks[name];
      if (mark !== '') maps[name].set(mark, maps[name].has(mark) ? undefined : value);
    }
  }
  return (marks) =>
    names.map((name) => (marks[name] === '' ? undefined : maps[name].get(marks[name]))).find((value) => value !== undefined);
}

/** `10.0.0.5:80` of an address as devices have it: what two ways of writing one place have in common. */
export function placeOf(address: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`);
  if (!url) return address;
  const usual = url.protocol === 'https:' ? '443' : url.protocol === 'rtsp:' ? '554' : '80';
  return `${url.hostname}:${url.port === '' ? usual : url.port}`;
}
