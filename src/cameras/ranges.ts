// Ranges of IPv4 addresses as a technician writes them: one address, CIDR, or from–to; merged, bounded, and walked in order. Pure.

/** Addresses as numbers, both ends included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** What one scan may span: four /16. */
export const maxAddresses = 2 ** 18;

/** Reads `10.0.0.5`, `10.0.0.0/22`, `10.0.0.10-10.0.0.90` or `10.0.0.10-90`; undefined when it is none. */
export function parseRange(text: string): Span | undefined {
  const [from = '', to] = text.trim().split('-', 3);
  const [base = '', bits] = from.split('/', 3);
  const first = parseIpv4(base);
  if (first === undefined) return undefined;
  if (bits !== undefined) return to === undefined ? spanOfNet(first, bits) : undefined;
  if (to === undefined) return { first, last: first };
  const last = /^\d{1,3}$/.test(to) ? parseIpv4(base.replace(/\d+$/, to)) : parseIpv4(to);
  return last !== undefined && last >= first ? { first, last } : undefined;
}

/** The hosts of a net: from /30 up without its own and its broadcast address. */
function spanOfNet(address: number, bits: string): Span | undefined {
  if (!/^\d{1,2}$/.test(bits) || Number(bits) > 32 || Number(bits) < 8) return undefined;
  const size = 2 ** (32 - Number(bits));
  const first = address - (address % size);
  return size >= 4 ? { first: first + 1, last: first + size - 2 } : { first, last: first + size - 1 };
}

/** A dotted address as a number; leading zeros are refused, for some read them as octal. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The dotted form. */
export function formatIpv4(address: number): string {
  return [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255].join('.');
}

/** Sorted, overlaps made one. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((left, right) => left.first - right.first)) {
    const before = merged.at(-1);
    if (before && span.first <= before.last + 1)
      merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, span.last) };
    else merged.push(span);
  }
  return merged;
}

/** How many addresses they hold. */
export function countAddresses(spans: readonly Span[]): number {
  return spans.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The address at a place of the walk, 0 for the first; undefined behind the last. */
export function addressAt(spans: readonly Span[], place: number): number | undefined {
  let left = place;
  for (const { first, last } of spans) {
    if (left <= last - first) return first + left;
    left -= last - first + 1;
  }
  return undefined;
}

/** Whether an address lies in one of them. */
export function isWithin(spans: readonly Span[], address: number): boolean {
  return spans.some(({ first, last }) => address >= first && address <= last);
}
