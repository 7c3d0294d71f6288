// Smoke detectors on Modbus: what they say and what it means.
import type { Template } from '../options.ts';

type Point = Template['points'][number];
type Rule = Template['rules'][number];

const atOnce = { count: 1, time: 0 };
const silence = { polls: 3 };
const bit = { type: 'bit', wordOrder: 'high-first', scale: 1, unit: '' } as const;
const rule = { raiseAfter: atOnce, clearAfter: atOnce } as const;
const smokeRule: Rule = { ...rule, point: 'smoke', alarm: 'smoke', when: { equals: true } };

const soiled = { ko: '감지기가 오염되었습니다. 청소 또는 점검이 필요합니다', en: 'The detector is dirty and wants service' };

/** A detector's relay on an input module: discrete input 0 closes on smoke. */
export const smokeContact: Template = {
  maker: '',
  model: 'contact',
  points: [{ ...bit, name: 'smoke', function: 2, address: 0 }],
  rules: [smokeRule],
  silence,
};

function uniguard(read: Point['function']): Template {
  return {
    maker: 'Calectro',
    model: 'UNIGUARD Superflow UG-3',
    points: [
      { ...bit, name: 'mounted', function: read, address: 0 },
      { ...bit, name: 'service', function: read, address: 1 },
      { ...bit, name: 'smoke', function: read, address: 2 },
    ],
    rules: [
      smokeRule,
      { ...rule, point: 'mounted', alarm: 'tamper', when: { equals: false }, raiseAfter: { count: 3, time: 0 } },
      { ...rule, point: 'service', fault: soiled, when: { equals: true } },
    ],
    silence,
  };
}

/** Duct smoke detector read through coils 1 to 3 (addresses 0 to 2): mounted, service, smoke. */
export const smokeUg3 = uniguard(1);

/** The same through discrete inputs 1x0001 to 1x0003, as the maker's leaflet for UG-3-O-MB lists them. */
export const smokeUg3Inputs = uniguard(2);

/** A detector that measures: holding register 0 is the obscuration in 0.1 %/m. Alarm above 10 %/m for two polls, over at 5 %/m. */
export const smokeAnalog: Template = {
  maker: '',
  model: 'analog',
  points: [{ name: 'obscuration', function: 3, address: 0, type: 'uint16', wordOrder: 'high-first', scale: 0.1, unit: '%/m' }],
  rules: [
    {
      ...rule,
      point: 'obscuration',
      alarm: 'smoke',
      when: { above: 10, clearAt: 5 },
      raiseAfter: { count: 2, time: 0 },
      clearAfter: { count: 3, time: 0 },
    },
  ],
  silence,
};
