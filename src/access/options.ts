// The configuration of lawful access: who may ask for pictures, on what ground, for how long, and what the ledger says of it.
import { z } from 'zod';
import { durationOption } from '#base';
import { idPattern } from '#model';
import { groundIds } from './grounds.ts';

const service = z.strictObject({
  id: z.string().regex(idPattern).describe('Name that a request gives as its service: 1 to 40 of a–z, 0–9 and hyphen.'),
  description: z
    .string()
    .min(1)
    .max(200)
    .describe('What the pictures are used for (이용 목적), as the ledger shall say it. 1 to 200 characters.'),
  grounds: z
    .array(z.enum(groundIds))
    .min(1)
    .max(groundIds.length)
    .describe(`Legal grounds that this service may name, out of: ${groundIds.join(', ')}.`),
  maxDuration: durationOption({ min: '1m', max: '24h', default: '1h' }).describe(
    'Longest time of one grant and of one extension, 1m to 24h. A request for more is refused.',
  ),
  priority: z.int().min(0).max(100).default(50).describe('Which service goes first when the line is short, 0 to 100, 100 first.'),
  local: z
    .boolean()
    .default(false)
    .describe('Whether only a technician at this gateway can claim it. Default false: hub connections may be given it.'),
});

const services = [
  {
    id: '119-dispatch',
    description: '119 화재·구조·구급 긴급출동 영상 지원',
    grounds: ['pipa-18-2-3', 'pipa-18-2-10'],
    maxDuration: '4h',
    priority: 100,
  },
  {
    id: '112-dispatch',
    description: '112 긴급영상·긴급출동 지원',
    grounds: ['pipa-18-2-3', 'pipa-18-2-7', 'pipa-18-2-10'],
    maxDuration: '4h',
    priority: 90,
  },
  {
    id: 'disaster',
    description: '재난상황 영상 지원',
    grounds: ['purpose', 'disaster-74-3', 'pipa-18-2-10'],
    maxDuration: '12h',
    priority: 80,
  },
  { id: 'welfare', description: '사회적약자(아동·치매환자 등) 안전 지원', grounds: ['pipa-18-2-3'], maxDuration: '2h', priority: 70 },
  { id: 'maintenance', description: '영상정보처리기기 점검·정비', grounds: ['purpose'], maxDuration: '30m', priority: 10, local: true },
] as const;

export const accessOptions = z
  .strictObject({
    fileName: z
      .string()
      .min(1)
      .max(100)
      .default('고정형 영상정보처리기기 개인영상정보')
      .describe('Name of the personal information file (개인정보파일의 명칭) in the ledger. 1 to 100 characters.'),
    handler: z
      .string()
      .min(1)
      .max(100)
      .default('영상정보 관리책임자')
      .describe('Person or post in charge of giving pictures out (업무처리 담당자) in the ledger. 1 to 100 characters.'),
    restrictions: z
      .string()
      .min(1)
      .max(500)
      .default('목적 외 이용 및 제3자 제공 금지, 목적 달성 후 지체 없이 파기')
      .describe('What the recipient is bound to (개인정보 보호법 제18조⑤), as the ledger shall say it. 1 to 500 characters.'),
    maxOpenGrants: z
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe('Grants that may be open at once, 1 to 1000. For one more the lowest of a lower service ends, else it is refused.'),
    refusalsPerMinute: z
      .int()
      .min(1)
      .max(1000)
      .default(30)
      .describe('Refusals that the ledger lists one by one, for each asker and minute, 1 to 1000. More are one row with their count.'),
    services: z
      .array(service)
      .min(1)
      .max(50)
      .refine((list) => new Set(list.map((item) => item.id)).size === list.length, { message: 'a service id is there twice' })
      .prefault(() => services.map((item) => ({ ...item, grounds: [...item.grounds] })))
      .describe('The services that may ask for pictures, 1 to 50. Written here, they replace the built-in list.'),
    hubServices: z
      .array(z.string().regex(idPattern))
      .max(50)
      .optional()
      .describe('Services that the hub may claim, by their ids. Left out: all that are not local.'),
  })
  .superRefine(({ services, hubServices = [] }, context) => {
    const claimable = claimableByHub(services);
    for (const [index, id] of hubServices.entries()) {
      if (claimable.includes(id)) continue;
      context.addIssue({ code: 'custom', message: `expected one of ${claimable.join(', ')}`, path: ['hubServices', index] });
    }
  })
  .transform(({ hubServices, ...rest }) => ({ ...rest, hubServices: hubServices ?? claimableByHub(rest.services) }));
export type AccessOptions = z.output<typeof accessOptions>;
export type ServiceOptions = z.output<typeof service>;

function claimableByHub(services: readonly ServiceOptions[]): readonly string[] {
  return services.filter((item) => !item.local).map((item) => item.id);
}
