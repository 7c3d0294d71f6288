// Times as cameras write them: XML Schema dateTime and duration, with the liberties that cameras take.

const instant = /^(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?\s?(Z|[+-]\d{2}:?\d{2})?$/i;
const period = /^P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?$/;
const periodUnits = [365 * 86_400_000, 30 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];
const maxPeriodMs = 10 * 365 * 86_400_000;

/**
 * Milliseconds since 1970 of a dateTime; one without a zone counts as UTC. Undefined when it is none, when it is no day of the calendar
 * (Hikvision's `0000-00-00`), or lies before 1970.
 */
export function parseInstant(text: string): number | undefined {
  const match = instant.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  if (year < 1970 || month < 1 || month > 12 || hour > 24 || minute > 59 || second > 60) return undefined;
  if (day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const zone = zoneMs(match[8]);
  if (zone === undefined) return undefined;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second, Math.trunc(Number(`0.${match[7] ?? 0}`) * 1000)) - zone;
  return ms >= 0 ? ms : undefined;
}

function zoneMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Milliseconds of an ISO 8601 duration (`PT60S`, `P1DT2H`; a year is 365 days, a month 30), at most ten years. Undefined when it is none. */
export function parsePeriod(text: string): number | undefined {
  const trimmed = text.trim();
  const match = /[PT]$/.test(trimmed) ? null : period.exec(trimmed);
  if (!match) return undefined;
  const ms = periodUnits.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  return ms <= maxPeriodMs ? Math.round(ms) : undefined;
}

/** `PT60S`: seconds alone, which every camera understands. At least one second. */
export function formatPeriod(ms: number): string {
  return `PT${Math.max(1, Math.round(ms / 1000))}S`;
}
