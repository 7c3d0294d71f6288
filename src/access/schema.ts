// The tables of access: grants, the ledger and the audit chain; the latter two refuse to be changed.
import type { Migrations } from '#store';

const appendOnly = (table: string): string =>
  ['UPDATE', 'DELETE']
    .map(
      (verb) =>
        `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END;`,
    )
    .join('\n');

/**
 * The ledger answers the 이용·제3자제공 대장 (개인정보 보호법 시행령 제15조, eight columns, A1 … A8) and the 개인영상정보 관리대장 (표준 개인정보 보호지침 제42조①,
 * seven columns, B1 … B7) with one row for each step of a grant and for each refusal.
 */
const ledger = `CREATE TABLE access_ledger (
  row INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  -- granted, refused, refused-many, extended, ended
  step TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  command TEXT NOT NULL,
  origin TEXT NOT NULL,
  device TEXT NOT NULL,
  channel INTEGER NOT NULL,
  quality TEXT NOT NULL,
  file_name TEXT NOT NULL,        -- A1 B1 파일 명칭
  agency TEXT NOT NULL,           -- A2 B2 이용·제공받는 기관
  person TEXT NOT NULL,           -- B2 이용·제공받은 자
  service TEXT NOT NULL,
  purpose TEXT NOT NULL,          -- A3 B3 목적
  incident TEXT NOT NULL,
  ground TEXT NOT NULL,
  law TEXT NOT NULL,              -- A4 B4 법적 근거
  items TEXT NOT NULL,            -- A5 항목
  opened_at INTEGER,              -- A6 B5 기간: 시작
  until INTEGER,                  -- A6 B5 기간: 예정 종료
  ended_at INTEGER,               -- A6 B5 기간: 실제 종료
  cycle TEXT NOT NULL,            -- A6 주기
  form TEXT NOT NULL,             -- A7 B6 형태
  restrictions TEXT NOT NULL,     -- A8 제한·요청 내용
  handler TEXT NOT NULL,          -- B7 업무처리 담당자
  emergency TEXT NOT NULL,
  document TEXT NOT NULL,
  document_owed INTEGER NOT NULL,
  publish INTEGER NOT NULL,
  -- Code of a refusal, or why it ended.
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  count INTEGER NOT NULL
) STRICT;`;

export const accessMigrations: Migrations = {
  room: 'access',
  steps: [
    `${ledger}
     CREATE INDEX access_ledger_grant ON access_ledger (grant_id);
     ${appendOnly('access_ledger')}
     CREATE TABLE access_audit (
       row INTEGER PRIMARY KEY,
       time INTEGER NOT NULL,
       who TEXT NOT NULL,
       peer TEXT NOT NULL,
       subject TEXT NOT NULL,
       act TEXT NOT NULL,
       grant_id TEXT NOT NULL,
       ledger_row INTEGER REFERENCES access_ledger (row),
       ledger_hash TEXT,
       detail TEXT NOT NULL,
       hash TEXT NOT NULL
     ) STRICT;
     ${appendOnly('access_audit')}
     CREATE TABLE access_grant (
       id TEXT PRIMARY KEY,
       device TEXT NOT NULL,
       opened_at INTEGER NOT NULL,
       until INTEGER NOT NULL,
       -- What does not change of a grant, and the request as last extended, as JSON.
       body TEXT NOT NULL,
       end_reason TEXT,
       end_at INTEGER,
       end_note TEXT
     ) STRICT;
     CREATE INDEX access_grant_open ON access_grant (opened_at) WHERE end_at IS NULL;
     CREATE INDEX access_grant_time ON access_grant (opened_at);
     -- Floods: how many acts of one key passed and were withheld in the running minute.
     CREATE TABLE access_gate (
       key TEXT PRIMARY KEY,
       minute INTEGER NOT NULL,
       passed INTEGER NOT NULL,
       withheld INTEGER NOT NULL,
       first INTEGER NOT NULL,
       last INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE access_grant ADD COLUMN used_at INTEGER;
     CREATE INDEX access_ledger_refused ON access_ledger (device, row) WHERE step = 'refused' AND grant_id = '';`,
  ],
};
