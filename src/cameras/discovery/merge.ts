// The findings of one look around, made one for each camera: a camera with two addresses is one, two cameras with one endpoint are two. Pure.
import { type Finding, tellingSerial } from '#model';
import { parseAddress } from '../address.ts';

/** One finding for each camera, in the order in which they were first seen; a MAC that stands before many hosts (a router's) is taken away. */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  const own = dropRouters(findings);
  const merged: Finding[] = [];
  const byProof = new Map<string, number>();
  for (const finding of own) {
    const proofs = proofsOf(finding);
    const at = proofs.map((proof) => byProof.get(proof)).find((index) => index !== undefined && isSame(merged[index], finding));
    const index = at ?? merged.length;
    merged[index] = join(merged[index], finding);
    for (const proof of proofs) if (!byProof.has(proof)) byProof.set(proof, index);
  }
  return merged;
}

/** What must be equal for two findings to be looked at together. */
function proofsOf({ address, endpoint, mac, identity }: Finding): readonly string[] {
  const serial = tellingSerial(identity);
  const hasSerial = serial !== '';
  return [
    `address ${address}`,
    ...(mac !== '' && hasSerial ? [`mac ${mac} ${serial}`] : []),
    ...(mac !== '' && endpoint !== '' ? [`mac ${mac} ${endpoint}`] : []),
    ...(endpoint !== '' && hasSerial ? [`endpoint ${endpoint} ${serial}`] : []),
    ...(endpoint !== '' ? [`host ${hostOf(address)} ${endpoint}`] : []),
    ...(hasSerial && endpoint === '' && mac === '' ? [`host ${hostOf(address)} ${identity.maker} ${identity.model} ${serial}`] : []),
  ];
}

/** Proofs are equal; they hold unless something else contradicts. */
function isSame(left: Finding | undefined, right: Finding): boolean {
  if (!left) return false;
  const clash = (one: string, other: string): boolean => one !== '' && other !== '' && one !== other;
  return !clash(left.identity.serial, right.identity.serial) && !clash(left.endpoint, right.endpoint);
}

function join(before: Finding | undefined, finding: Finding): Finding {
  if (!before) return finding;
  const [best, other] = finding.problems.length < before.problems.length ? [finding, before] : [before, finding];
  const pick = (one: string, two: string): string => (one === '' ? two : one);
  return {
    ...best,
    endpoint: pick(best.endpoint, other.endpoint),
    mac: pick(best.mac, other.mac),
    name: pick(best.name, other.name),
    identity: {
      maker: pick(best.identity.maker, other.identity.maker),
      model: pick(best.identity.model, other.identity.model),
      firmware: pick(best.identity.firmware, other.identity.firmware),
      serial: pick(best.identity.serial, other.identity.serial),
    },
  };
}

/** One MAC before hosts that differ in serial or endpoint is a router that answers for them (proxy ARP), or a copy: it proves nothing. */
function dropRouters(findings: readonly Finding[]): readonly Finding[] {
  const firstOf = new Map<string, Finding>();
  const doubtful = new Set<string>();
  for (const finding of findings) {
    if (finding.mac === '') continue;
    const first = firstOf.get(finding.mac);
    if (!first) firstOf.set(finding.mac, finding);
    else if (hostOf(first.address) !== hostOf(finding.address) && !sharesProof(first, finding)) doubtful.add(finding.mac);
  }
  return findings.map((finding) => (doubtful.has(finding.mac) ? { ...finding, mac: '' } : finding));
}

function sharesProof(left: Finding, right: Finding): boolean {
  const serial = tellingSerial(left.identity);
  const sameSerial = serial !== '' && serial === tellingSerial(right.identity);
  return isSame(left, right) && (sameSerial || (left.endpoint !== '' && left.endpoint === right.endpoint));
}

function hostOf(address: string): string {
  return parseAddress(address)?.url.hostname ?? address;
}
