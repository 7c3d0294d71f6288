// Where an alarm is, for whoever answers it: zone and premises of the sensor's record travel with each of its alarms.
import type { Detail, Device, Report } from '#model';
import type { Intake } from './intake.ts';

/** The intake's report; what the device itself says of zone and premises goes before what is registered. */
export function withPremises(report: Intake['report'], find: (id: string) => Device | undefined): Intake['report'] {
  return (said, how) => report(describe(said, find(said.device)), how);
}

function describe(report: Report, device: Device | undefined): Report {
  if (!device?.record) return report;
  const { zone: whole, zones = {}, premises } = device.record;
  const zone = Object.hasOwn(zones, report.channel) ? zones[report.channel] : whole;
  const known: Detail = { ...(zone !== undefined && { zone }), ...(premises !== undefined && { premises }) };
  return Object.keys(known).length === 0 ? report : { ...report, detail: { ...known, ...report.detail } };
}
