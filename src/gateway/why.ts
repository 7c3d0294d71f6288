// Why a camera does not play: the way of its pictures walked from the camera to the reader, by what is known already.
import type { Access } from '#access';
import { BongsuError, type Text } from '#base';
import type { CameraStatus, Cameras } from '#cameras';
import type { Result } from '#control';
import type { Device, Quality } from '#model';
import type { Registry } from '#registry';
import type { Streams, StreamsStatus } from '#streams';
import { endText } from './end-notes.ts';
import { viewersOf } from './viewers.ts';

/** What is asked; none of it speaks with a camera. */
export interface WhyDeps {
  readonly access: Pick<Access, 'lastRefusal' | 'lineUse' | 'list'>;
  readonly cameras: Pick<Cameras, 'source' | 'status'>;
  readonly registry: Pick<Registry, 'find'>;
  readonly streams: Pick<Streams, 'status'>;
}

type Finding = Result<'stream.why'>['findings'][number];

const qualities: readonly Quality[] = ['main', 'sub'];
const hints = {
  add: { en: 'Register it: bongsu camera add.', ko: 'bongsu camera add로 등록하십시오.' },
  test: { en: 'Test it step by step: bongsu camera test ID.', ko: 'bongsu camera test ID로 단계별로 시험하십시오.' },
  login: { en: 'Give it another login: bongsu camera login ID.', ko: 'bongsu camera login ID로 로그인을 다시 지정하십시오.' },
  refresh: {
    en: 'Ask it anew: bongsu camera refresh ID; then see its video profiles in its own web page.',
    ko: 'bongsu camera refresh ID로 다시 조회하고, 카메라 웹 화면의 영상 프로파일을 확인하십시오.',
  },
  relay: {
    en: 'It is started again by itself. If it stays, end what holds the port (ss -ltnp) or change it under streams.',
    ko: '자동으로 다시 시작합니다. 계속되면 포트를 쓰는 프로그램을 끝내거나(ss -ltnp) streams의 포트를 바꾸십시오.',
  },
  silent: {
    en: 'It is killed and started again by itself within some ten seconds. If that happens often, look into the log of the gateway.',
    ko: '10여 초 안에 자동으로 다시 시작됩니다. 반복되면 게이트웨이 로그를 확인하십시오.',
  },
  grant: { en: 'The hub must ask for it: stream.open, with a grant.', ko: '허브가 승인 정보와 함께 stream.open으로 요청해야 합니다.' },
  readers: {
    en: 'End one that is not needed (bongsu stream kick), ask for another grant, or raise streams.maxReaders.',
    ko: '필요 없는 세션을 끊거나(bongsu stream kick) 승인을 새로 받거나 streams.maxReaders를 늘리십시오.',
  },
  line: {
    en: 'Ask for the sub stream, end a stream, or correct uplink.bandwidth.',
    ko: 'sub 영상을 요청하거나 다른 영상을 끝내거나 uplink.bandwidth를 바로잡으십시오.',
  },
  tokens: {
    en: 'If the reader is among them, it has asked with a wrong or ended address: wait, then use a new one. Right addresses are always answered.',
    ko: '수신자가 여기 있으면 틀리거나 끝난 주소로 접속한 것입니다. 기다린 뒤 새 주소를 쓰십시오. 올바른 주소는 항상 응답합니다.',
  },
} as const satisfies Record<string, Text>;

/** What stands in the way, and what does not; only the first finding when it is no camera. Rejects with the store's faults. */
export async function explainSilence(id: string, { access, cameras, registry, streams }: WhyDeps): Promise<readonly Finding[]> {
  const device = registry.find(id);
  if (device?.type !== 'camera')
    return [bad('registered', { en: `No camera is registered as ${id}`, ko: `${id}(으)로 등록된 카메라가 없습니다` }, hints.add)];
  const [status, open, last, refusal] = await Promise.all([
    streams.status(),
    access.list({ device: id, openOnly: true, limit: 100 }),
    access.list({ device: id, openOnly: false, limit: 1 }),
    access.lastRefusal(id),
  ]);
  const addresses = await Promise.all(
    device.channels.flatMap((channel) => qualities.map((one) => judgeAddress(id, channel.number, one, cameras))),
  );
  return [
    good('registered', { en: `Camera ${id} is registered`, ko: `카메라 ${id} 등록됨` }),
    judgeCamera(
      cameras.status().find((one) => one.id === id),
      status.paths.some((path) => path.device === id && path.state === 'ready'),
    ),
    ...settleAddresses(device, addresses),
    judgeRelay(status),
    ...judgeSources(id, status),
    judgeGrants(open, last[0], refusal),
    ...judgeReaders(open, status),
    judgeLine(access.lineUse()),
    judgeTokens(status),
  ];
}

function good(step: Finding['step'], message: Text): Finding {
  return { step, result: 'ok', message };
}

function bad(step: Finding['step'], message: Text, hint: Text): Finding {
  return { step, result: 'failed', message, hint };
}

/** Where pictures come it is no reason that nobody sees them. */
function judgeCamera(status: CameraStatus | undefined, hasPictures: boolean): Finding {
  if (status?.state === 'online') return good('reachable', { en: 'It answers and takes the login', ko: '응답하며 로그인됩니다' });
  const message = status?.message ?? { en: 'It has not answered yet', ko: '아직 응답하지 않았습니다' };
  const finding = bad('reachable', message, status?.state === 'login-refused' ? hints.login : hints.test);
  return hasPictures ? { ...finding, result: 'warning' } : finding;
}

/** Why the stream's address is not known; undefined when it is. */
async function judgeAddress(id: string, channel: number, quality: Quality, cameras: WhyDeps['cameras']): Promise<Finding | undefined> {
  try {
    await cameras.source(id, channel, quality);
    return undefined;
  } catch (error) {
    if (!(error instanceof BongsuError)) throw error;
    const { ko, en } = error.summary;
    const where = `${channel}/${quality}`;
    // Many cameras have no sub stream: that alone is no fault.
    const result = quality === 'sub' && error.code === 'cameras.no-stream' ? 'warning' : 'failed';
    return { step: 'address', result, message: { ko: `${where}: ${ko}`, en: `${where}: ${en}` }, hint: error.hint };
  }
}

function settleAddresses(device: Device, found: readonly (Finding | undefined)[]): readonly Finding[] {
  if (device.channels.length === 0)
    return [bad('address', { en: 'Its streams are not known', ko: '영상 주소를 알지 못합니다' }, hints.refresh)];
  const wrong = found.filter((finding) => finding !== undefined);
  return wrong.length > 0 ? wrong : [good('address', { en: 'The addresses of its streams are known', ko: '영상 주소를 알고 있습니다' })];
}

function judgeRelay({ media, rtsp, http }: StreamsStatus): Finding {
  if (media.state === 'silent')
    return bad('relay', { en: 'The media process does not answer', ko: '중계 프로세스가 응답하지 않습니다' }, hints.silent);
  if (media.state === 'down')
    return bad('relay', { en: 'The media process is not running', ko: '중계 프로세스가 실행 중이 아닙니다' }, hints.relay);
  const shut = [rtsp, http].find(({ state }) => state === 'failed');
  if (!shut) return good('relay', { en: 'The relay runs and lets readers in', ko: '중계가 실행 중이며 접속을 받습니다' });
  const where = `${shut.host}:${shut.port} ${shut.reason}`;
  return bad('relay', { en: `Readers cannot be let in at ${where}`, ko: `${where}에서 접속을 받을 수 없습니다` }, hints.relay);
}

function judgeSources(id: string, { media, paths, sessions }: StreamsStatus): readonly Finding[] {
  const own = paths.filter(({ device }) => device === id);
  // Of a process that does not answer nothing is known.
  if (own.length === 0 && media.state !== 'up') return [];
  if (own.length === 0) return [good('source', { en: 'Nobody has fetched it lately', ko: '최근에 요청한 수신자가 없습니다' })];
  return own.map((path) => {
    const { channel, quality, state, failure, failedAt: at } = path;
    const where = `${channel}/${quality}`;
    if (failure && state !== 'idle')
      return { ...bad('source', { en: `${where}: ${failure.en}`, ko: `${where}: ${failure.ko}` }, hints.test), at };
    // Nobody asks for it now: whether it would fail again is not known.
    if (failure) {
      const message = { en: `${where}: closed; it failed last: ${failure.en}`, ko: `${where}: 닫힘. 최근 실패: ${failure.ko}` };
      return { step: 'source', result: 'warning', message, at, hint: hints.test };
    }
    const readers = viewersOf(path, sessions).length;
    const flows = state === 'ready' || state === 'closing';
    if (state === 'idle' || flows)
      return good('source', {
        en: `${where}: ${flows ? `pictures come, ${readers} reader(s)` : 'closed, for nobody looks'}`,
        ko: `${where}: ${flows ? `영상 수신 중, 수신자 ${readers}` : '수신자가 없어 닫힘'}`,
      });
    return { step: 'source', result: 'warning', message: { en: `${where}: being opened`, ko: `${where}: 여는 중` }, hint: hints.test };
  });
}

type Grants = Awaited<ReturnType<Access['list']>>;
type Refusal = NonNullable<Awaited<ReturnType<Access['lastRefusal']>>>;

/** The newest thing that was decided about the camera is what whoever asks has in mind. */
function judgeGrants(open: Grants, last: Grants[number] | undefined, refusal: Refusal | undefined): Finding {
  const newest = Math.max(last?.openedAt ?? 0, last?.end?.at ?? 0);
  const standing = { en: `${open.length} grant(s) stand`, ko: `유효한 승인 ${open.length}건` };
  if (refusal && refusal.at >= newest) return judgeRefusal(refusal, open.length > 0 ? standing : undefined);
  if (open.length > 0) return good('grant', standing);
  if (!last?.end) return bad('grant', { en: 'Nobody ever asked for its pictures', ko: '영상을 요청한 적이 없습니다' }, hints.grant);
  const { en, ko } = endText(last.end);
  const message = { en: `No grant stands; how the last one ended: ${en}`, ko: `유효한 승인이 없습니다. 마지막 승인의 종료: ${ko}` };
  return { ...bad('grant', message, hints.grant), at: last.end.at };
}

function judgeRefusal({ at, service, reason, text, hint }: Refusal, standing: Text | undefined): Finding {
  const who = service === '' ? reason : `${reason}, ${service}`;
  const en = `the last request was refused (${who}): ${text.en}`;
  const ko = `최근 요청이 거부되었습니다(${who}): ${text.ko}`;
  if (!standing)
    return { step: 'grant', result: 'failed', message: { en: `No grant stands; ${en}`, ko: `유효한 승인이 없으며 ${ko}` }, at, hint };
  return { step: 'grant', result: 'warning', message: { en: `${standing.en}, but ${en}`, ko: `${standing.ko}. 단, ${ko}` }, at, hint };
}

function judgeReaders(open: Grants, { sessions, maxReaders }: StreamsStatus): readonly Finding[] {
  const full = open.filter(({ id, form }) => form === 'stream' && sessions.filter(({ grant }) => grant === id).length >= maxReaders);
  return full.map(({ id }) => ({
    step: 'readers',
    result: 'warning',
    message: { en: `Grant ${id} has all its ${maxReaders} readers`, ko: `승인 ${id}의 수신자 ${maxReaders}명이 모두 찼습니다` },
    hint: hints.readers,
  }));
}

function judgeLine({ limit, taken }: ReturnType<Access['lineUse']>): Finding {
  if (limit === undefined) return good('line', { en: 'No bandwidth is configured', ko: '회선 대역폭 제한 없음' });
  const mbit = (rate: number): string => (rate / 1e6).toFixed(1);
  const use = {
    en: `Pictures take ${mbit(taken)} of ${mbit(limit)} Mbit/s`,
    ko: `영상이 ${mbit(limit)}Mbit/s 중 ${mbit(taken)}Mbit/s 사용`,
  };
  if (taken < limit * 0.9) return good('line', use);
  return { step: 'line', result: 'warning', message: use, hint: hints.line };
}

function judgeTokens({ blocked }: StreamsStatus): Finding {
  if (blocked.length === 0) return good('tokens', { en: 'No address is blocked', ko: '차단된 주소 없음' });
  const names = blocked
    .map(({ network }) => network)
    .slice(0, 10)
    .join(', ');
  const message = { en: `Blocked after wrong tokens: ${names}`, ko: `틀린 토큰으로 차단됨: ${names}` };
  return { step: 'tokens', result: 'warning', message, hint: hints.tokens };
}
