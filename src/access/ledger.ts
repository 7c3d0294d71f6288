// A row of the ledger: its columns in their one order, and how it is made of a request.

import { type Claims, cleanText } from './claims.ts';
import type { AccessAsk, Refusal } from './decide.ts';
import { type Ground, grounds, isGroundId } from './grounds.ts';
import type { AccessOptions } from './options.ts';

/** Columns of `access_ledger` without its row number, in the order that the hash runs over. */
export const ledgerColumns = [
  'time',
  'step',
  'grant_id',
  'command',
  'origin',
  'device',
  'channel',
  'quality',
  'file_name',
  'agency',
  'person',
  'service',
  'purpose',
  'incident',
  'ground',
  'law',
  'items',
  'opened_at',
  'until',
  'ended_at',
  'cycle',
  'form',
  'restrictions',
  'handler',
  'emergency',
  'document',
  'document_owed',
  'publish',
  'reason',
  'note',
  'count',
] as const;

/** One row; times are wall milliseconds, flags 0 or 1. */
export type LedgerRow = Readonly<Record<(typeof ledgerColumns)[number], string | number | null>>;

/** The values of a row in the order of the columns, its row number first. */
export function ledgerValues(row: number, values: LedgerRow): readonly (string | number | null)[] {
  return [row, ...ledgerColumns.map((column) => values[column])];
}

/** What a request becomes in the ledger, before it is known whether it is granted. */
export function ledgerRowOf(ask: AccessAsk, claims: Claims | undefined, options: AccessOptions, nowMs: number): LedgerRow {
  const ground = claims?.ground !== undefined && isGroundId(claims.ground) ? grounds[claims.ground] : undefined;
  const service = options.services.find((item) => item.id === claims?.service);
  const document = claims?.document ?? '';
  return {
    time: nowMs,
    step: 'refused',
    grant_id: '',
    command: cleanText(ask.commandId),
    origin: cleanText(ask.origin),
    device: cleanText(ask.device),
    channel: Math.trunc(ask.channel) || 0,
    quality: ask.quality,
    file_name: options.fileName,
    agency: claims?.agency ?? '',
    person: claims?.person ?? '',
    service: claims?.service ?? '',
    purpose: service?.description ?? '',
    incident: claims?.incident ?? '',
    ground: claims?.ground ?? '',
    law: ground?.law.ko ?? '',
    items:
      ask.form === 'still'
        ? '정지영상'
        : ask.quality === 'metadata'
          ? '실시간 영상분석 메타데이터(영상·음성 제외)'
          : '실시간 영상(음성 제외)',
    opened_at: null,
    until: claims?.until ?? null,
    ended_at: null,
    cycle: '1회',
    form: ask.form === 'stream' ? '실시간 전송' : '파일 전송',
    restrictions: options.restrictions,
    handler: options.handler,
    emergency: claims?.emergency?.reason ?? '',
    document,
    document_owed: owed(ground, document),
    publish: ground?.publish ? 1 : 0,
    reason: '',
    note: '',
    count: 1,
  };
}

/** The row of a refusal. */
export function refusedRow(row: LedgerRow, refusal: Refusal): LedgerRow {
  return { ...row, step: 'refused', document_owed: 0, publish: 0, reason: refusal.reason, note: cleanText(refusal.message, 300) };
}

function owed(ground: Ground | undefined, document: string): number {
  return ground?.letter && document === '' ? 1 : 0;
}
