// The faults of the technician's door, each with what a technician can do about it.
import type { z } from 'zod';
import { BongsuError, faultTable, messageOf, type Text } from '#base';
import { flawsOf } from '#config';

const sayAgain: Text = {
  en: 'Use a bongsu command of the same version as the gateway.',
  ko: '게이트웨이와 같은 버전의 bongsu 명령을 사용하십시오.',
};

export const faults = faultTable('control', {
  'not-running': {
    message: { en: 'The gateway is not running', ko: '게이트웨이가 실행 중이 아닙니다' },
    hint: {
      en: 'Start it with `systemctl start bongsu`, or name its socket with --socket.',
      ko: '`systemctl start bongsu`로 시작하거나 --socket으로 소켓 위치를 지정하십시오.',
    },
    retryable: true,
  },
  'not-permitted': {
    message: { en: 'This account may not talk to the gateway', ko: '이 계정은 게이트웨이에 접속할 권한이 없습니다' },
    hint: {
      en: 'Add the account to the group bongsu (`usermod -aG bongsu NAME`) and log in again.',
      ko: '계정을 bongsu 그룹에 추가하고(`usermod -aG bongsu 이름`) 다시 로그인하십시오.',
    },
  },
  'another-runs': {
    message: { en: 'Another gateway runs on this socket', ko: '같은 소켓으로 다른 게이트웨이가 이미 실행 중입니다' },
    hint: {
      en: 'Stop the other one (`systemctl stop bongsu`), or give this one its own control.socket.',
      ko: '먼저 실행된 게이트웨이를 멈추거나(`systemctl stop bongsu`) control.socket을 다르게 지정하십시오.',
    },
  },
  'socket-unusable': {
    message: { en: 'The control socket cannot be opened', ko: '제어 소켓을 열 수 없습니다' },
    hint: {
      en: 'The folder must exist and be writable, and nothing else may lie at that path.',
      ko: '폴더가 있고 쓸 수 있어야 하며 같은 경로에 다른 파일이 없어야 합니다.',
    },
  },
  'metrics-unusable': {
    message: { en: 'The metrics listener cannot be opened', ko: '지표 수신 포트를 열 수 없습니다' },
    hint: {
      en: 'End the other program or choose a free port in control.metrics.port. It is tried again every 5 s; all else runs.',
      ko: '다른 프로그램을 끝내거나 control.metrics.port에 비어 있는 포트를 지정하십시오. 5초마다 다시 시도하며 나머지 기능은 정상 동작합니다.',
    },
    retryable: true,
  },
  'request-unreadable': { message: { en: 'The request is not readable', ko: '요청을 읽을 수 없습니다' }, hint: sayAgain },
  'request-too-large': {
    message: { en: 'The request is larger than 64 KiB', ko: '요청이 64 KiB를 넘습니다' },
    hint: { en: 'Send less at once.', ko: '한 번에 보내는 양을 줄이십시오.' },
  },
  'operation-unknown': {
    message: { en: 'The gateway does not know this operation', ko: '게이트웨이가 모르는 요청입니다' },
    hint: sayAgain,
  },
  'input-invalid': {
    message: { en: 'A value is not valid', ko: '입력값이 올바르지 않습니다' },
    hint: { en: 'See the command with --help for what it takes.', ko: '명령에 --help를 붙여 입력 형식을 확인하십시오.' },
  },
  'grant-unknown': {
    message: { en: 'There is no such grant', ko: '그런 승인이 없습니다' },
    hint: { en: '`bongsu grant list --all` shows the ids.', ko: '`bongsu grant list --all`로 ID를 확인하십시오.' },
  },
  'session-unknown': {
    message: { en: 'No such session is open', ko: '열려 있지 않은 세션입니다' },
    hint: { en: '`bongsu stream list` shows them.', ko: '`bongsu stream list`로 확인하십시오.' },
  },
  busy: {
    message: { en: 'Too many technicians talk to the gateway at once', ko: '동시에 접속한 제어 연결이 너무 많습니다' },
    hint: {
      en: 'Close other `bongsu alarm tail` windows and try again.',
      ko: '열려 있는 `bongsu alarm tail` 창을 닫고 다시 시도하십시오.',
    },
    retryable: true,
  },
  failed: {
    message: { en: 'The gateway could not do it', ko: '게이트웨이가 요청을 처리하지 못했습니다' },
    hint: { en: 'See `journalctl -u bongsu` for the cause.', ko: '`journalctl -u bongsu`에서 원인을 확인하십시오.' },
  },
  'timed-out': {
    message: { en: 'No answer came in time', ko: '제한 시간 안에 응답이 없습니다' },
    hint: {
      en: 'Try again; if it stays so, see `systemctl status bongsu`.',
      ko: '다시 시도하고, 계속되면 `systemctl status bongsu`를 확인하십시오.',
    },
    retryable: true,
  },
  'connection-lost': {
    message: { en: 'The connection to the gateway was lost', ko: '게이트웨이와의 연결이 끊어졌습니다' },
    hint: { en: 'See `systemctl status bongsu`, then try again.', ko: '`systemctl status bongsu`를 확인한 뒤 다시 시도하십시오.' },
    retryable: true,
  },
  'answer-unreadable': {
    message: { en: 'The gateway gave an answer that is not readable', ko: '게이트웨이의 응답을 읽을 수 없습니다' },
    hint: sayAgain,
  },
  'backup-left': {
    message: { en: 'You left before the end', ko: '끝나기 전에 중단했습니다' },
    hint: {
      en: 'The gateway goes on with the backup; it is whole when its name no longer ends in .part.',
      ko: '백업은 게이트웨이에서 계속됩니다. 이름 끝의 .part가 없어지면 완성된 것입니다.',
    },
  },
  'file-unreadable': {
    message: { en: 'A file cannot be read', ko: '파일을 읽을 수 없습니다' },
    hint: {
      en: 'Check its name and permissions; it may have at most 4 KiB.',
      ko: '파일 이름과 권한을 확인하십시오. 최대 4 KiB까지 읽습니다.',
    },
  },
  'file-unwritable': {
    message: { en: 'The file cannot be written', ko: '파일을 쓸 수 없습니다' },
    hint: {
      en: 'Name a file that does not exist yet, in a folder you may write to.',
      ko: '아직 없는 파일 이름을 쓰기 가능한 폴더에 지정하십시오.',
    },
  },
});

/** Anything thrown while a request was served, as a fault that can be told: its own if it has one, else `control.failed`. */
export function toldFault(error: unknown): BongsuError {
  return error instanceof BongsuError ? error : faults.fault('failed', { cause: error, detail: messageOf(error) });
}

const maxFlaws = 3;

/** A fault about a value that its schema refused: the first three flaws, key and what was expected, in both languages. */
export function refusedFault(
  reason: 'input-invalid' | 'answer-unreadable',
  issues: readonly z.core.$ZodIssue[],
  subject: { readonly schema: z.ZodType; readonly value: unknown },
): BongsuError {
  const flaws = flawsOf(issues, subject).slice(0, maxFlaws);
  const say = (language: keyof Text): string =>
    flaws.map(({ path, text }) => (path.length > 0 ? `${path.map(String).join('.')}: ${text[language]}` : text[language])).join('; ');
  const { message, hint } = faults.entries[reason];
  return new BongsuError(`control.${reason}`, { message: { ko: `${message.ko}: ${say('ko')}`, en: `${message.en}: ${say('en')}` }, hint });
}
