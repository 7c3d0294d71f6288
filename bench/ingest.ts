// How fast reports and readings become durable, and how many rows a report leaves in the store.
import Database from 'better-sqlite3';
import { openReadings } from '#outbox';
import { flood, round, steadyMs } from './measure.ts';
import { freshReport, type Site } from './site.ts';

/** Rows in all tables of the file. */
function rowsIn(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    return tables.reduce((sum, table) => sum + (db.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0), 0);
  } finally {
    db.close();
  }
}

/** Floods the store with reports of alarms: reports a second, and the rows that each left. */
export async function measureReports(site: Site, path: string, timeScale: number) {
  const rowsBefore = rowsIn(path);
  const startMs = steadyMs();
  const perSecond = await flood(4000, 4000 * timeScale, () => site.alarms.report(freshReport()));
  const reports = (perSecond * (steadyMs() - startMs)) / 1000;
  const rowsPerReport = (rowsIn(path) - rowsBefore) / reports;
  return { reportsPerSecond: Math.round(perSecond), rowsPerReport: round(rowsPerReport, 2) };
}

const kinds = ['temperature', 'humidity', 'hydrant-pressure', 'water-level', 'battery'] as const;

/** Floods the store with readings of 5,000 sensors in five kinds, gathered as the product gathers them: readings a second. */
export async function measureReadings({ outbox }: Site, timeScale: number): Promise<{ readonly ingestPerSecond: number }> {
  await using readings = openReadings({ append: outbox.appendReadings }, { after: callAfter });
  let count = 0;
  const record = async (): Promise<void> => {
    count += 1;
    const kind = kinds[count % kinds.length] ?? 'temperature';
    const sensor = { device: `sensor-${count % 5000}`, channel: 'p1', kind };
    await readings.record({ ...sensor, value: (count % 1000) / 10, unit: 'Cel', quality: 'good', time: Date.now() });
  };
  return { ingestPerSecond: Math.round(await flood(20_000, 4000 * timeScale, record)) };
}

function callAfter(ms: number, act: () => void): Disposable {
  const timer = setTimeout(act, ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
