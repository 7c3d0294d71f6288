// Pure reading of the two XML Schema times that ONVIF clients send: durations and absolute times.

const durationForm = /^P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7}(?:\.\d{1,6})?)S)?)?$/;

/** Milliseconds of `PT60S`, `PT1H30M`, `P1D`; undefined when it is none. */
export function parsePeriod(text: string): number | undefined {
  const match = durationForm.exec(text);
  if (!match || text.length < 3 || text.endsWith('T')) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}

/** Milliseconds from `nowMs` to a termination time, which is a duration or an absolute time (WS-BaseNotification §4.2); undefined when neither. */
export function parseTermination(text: string, nowMs: number): number | undefined {
  const period = parsePeriod(text);
  if (period !== undefined) return period;
  const at = /^\d{4}-\d\d-\d\dT/.test(text) && text.length < 40 ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at - nowMs;
}
