// The time that a panel prints, pure: from named groups and its offset to wall milliseconds; what it leaves out is taken from the time of receipt.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayMs = 86_400_000;

/** Wall milliseconds; undefined where there is no hour or something is impossible. Without a day or a year the nearest moment to `receivedMs` counts. */
export function panelTimeOf(groups: Readonly<Record<string, string>>, zone: string, receivedMs: number): number | undefined {
  const numbers = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((name) => numberOf(groups[name], name));
  const [year, month, day, clockHour, minute = 0, second = 0] = numbers;
  const hour = clockHour === undefined ? undefined : hourOf(clockHour, groups['half']);
  if (hour === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  const offsetMs = offsetOf(zone);
  const ofDay = hour * 3_600_000 + minute * 60_000 + second * 1000;
  const local = receivedMs + offsetMs;
  if (day === undefined)
    return (
      nearest(
        [-dayMs, 0, dayMs].map((step) => Math.floor(local / dayMs) * dayMs + step + ofDay),
        local,
      ) - offsetMs
    );
  const thisYear = new Date(local).getUTCFullYear();
  const years = year === undefined ? [thisYear - 1, thisYear, thisYear + 1] : [year < 100 ? 2000 + year : year];
  const moments = years.flatMap((each) => dayOf(each, month ?? new Date(local).getUTCMonth() + 1, day)).map((date) => date + ofDay);
  return moments.length === 0 ? undefined : nearest(moments, local) - offsetMs;
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (name === 'month' && /^[a-z]{3}/i.test(text)) {
    const at = months.indexOf(text.slice(0, 3).toLowerCase());
    return at === -1 ? undefined : at + 1;
  }
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/** `half`: AM, PM, 오전, 오후. */
function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined || half === '') return hour;
  return (hour % 12) + (/^(p|오후)/i.test(half) ? 12 : 0);
}

function offsetOf(zone: string): number {
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** No day where the calendar has none: 30 February. */
function dayOf(year: number, month: number, day: number): number[] {
  const at = Date.UTC(year, month - 1, day);
  const read = new Date(at);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? [at] : [];
}

function nearest(moments: readonly number[], to: number): number {
  return moments.reduce((best, each) => (Math.abs(each - to) < Math.abs(best - to) ? each : best));
}
