import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHead } from '../../src/cameras/soap/http-head.ts';
import { openHttpReader } from '../../src/cameras/soap/http-reader.ts';

/** Reads `bytes` in pieces of `size`, then the end of the connection. */
function read(text: string, size = 1e6, ends = false) {
  const bytes = Buffer.from(text, 'latin1');
  const heard = { status: 0, body: '', headers: new Map<string, readonly string[]>() };
  const reader = openHttpReader({
    onHead: ({ status, headers }) => Object.assign(heard, { status, headers }),
    onBody: (piece) => (heard.body += piece.toString('latin1')),
  });
  let progress = reader.read(Buffer.alloc(0));
  const scratch = Buffer.alloc(size);
  for (let at = 0; at < bytes.length && progress.state === 'more'; at += size) {
    // The reader's bytes are overwritten by the next ones, as those of a socket are.
    const length = bytes.copy(scratch, 0, at, at + size);
    progress = reader.read(scratch.subarray(0, length));
  }
  if (ends) progress = reader.end();
  return { ...heard, progress };
}

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n\r\n';

describe('the HTTP reader', () => {
  it.each([
    ['a length', `${ok}Content-Length: 5\r\n\r\nhello`, 'hello'],
    ['small letters', `${ok}content-length:5\r\n\r\nhello`, 'hello'],
    ['the same length twice', `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`, 'hello'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', 'hello'],
    ['no reason', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
    ['empty lines before it', `\r\n\r\n${ok}Content-Length: 5\r\n\r\nhello`, 'hello'],
    ['chunks', `${ok}${chunked}2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n`, 'hello'],
    ['chunks and a length', `${ok}Content-Length: 99\r\n${chunked}5\r\nhello\r\n0\r\n\r\n`, 'hello'],
    ['100 Continue', `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 5\r\n\r\nhello`, 'hello'],
    ['folded headers', `${ok}X: a\r\n  b\r\nContent-Length: 5\r\n\r\nhello`, 'hello'],
    ['a line that is no header', `${ok}nonsense\r\nContent-Length: 5\r\n\r\nhello`, 'hello'],
    ['nothing', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ])('reads a body with %s, however it is cut', (_, text, body) => {
    for (const size of [1, 2, 3, 7, 1000]) expect(read(text, size)).toMatchObject({ body, progress: { state: 'whole', rest: false } });
  });

  it('reads up to the close where nothing else says the end', () => {
    expect(read(`${ok}\r\nhello`, 3)).toMatchObject({ body: 'hello', progress: { state: 'more' } });
    expect(read(`${ok}\r\nhello`, 3, true)).toMatchObject({ body: 'hello', progress: { state: 'whole' } });
  });

  it('tells of bytes behind the answer', () => {
    expect(read(`${ok}Content-Length: 2\r\n\r\nhello`)).toMatchObject({ body: 'he', progress: { state: 'whole', rest: true } });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-dropbear\r\n', 'status line'],
    ['a status beyond all', 'HTTP/1.1 999 X\r\n\r\n', 'status line'],
    ['two lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 'Content-Length'],
    ['a negative length', `${ok}Content-Length: -5\r\n\r\n`, 'Content-Length'],
    ['endless headers', `${ok}X: ${'x'.repeat(20_000)}`, 'headers beyond'],
    ['too many headers', `${ok}${'X: y\r\n'.repeat(200)}\r\n`, '128 headers'],
    ['a chunk size that is none', `${ok}${chunked}zz\r\n`, 'chunk size'],
    ['a chunk size that is huge', `${ok}${chunked}fffffffff\r\n`, 'chunk size'],
    ['an endless chunk line', `${ok}${chunked}${'1'.repeat(5000)}`, 'endless line'],
    ['endless trailers', `${ok}${chunked}0\r\n${'T: x\r\n'.repeat(10_000)}`, 'trailers'],
    ['interim answers for ever', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(20), 'interim'],
    ['an end in the head', 'HTTP/1.1 200 OK\r\nContent', 'early'],
    ['an end in the body', `${ok}Content-Length: 9\r\n\r\nhello`, 'early'],
    ['an end between chunks', `${ok}${chunked}5\r\nhello\r\n`, 'early'],
  ])('refuses %s', (_, text, problem) => {
    for (const size of [1, 100_000]) {
      const { progress } = read(text, size, true);
      expect(progress.state === 'broken' ? progress.problem : progress.state).toContain(problem);
    }
  });

  it('never throws, whatever comes, and says the same however it is cut', () => {
    const scrap = fc.constantFrom(
      ok,
      'HTTP/1.0 401 No\r\n',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      '\r\n',
      '\n',
      'abc',
      '3\r\n',
      '0\r\n\r\n',
      ': \r\n',
      '\u0000ÿ',
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), fc.boolean(), (scraps, size, ends) => {
        const text = scraps.join('');
        const [whole, cut] = [read(text, 1e4, ends), read(text, size, ends)];
        expect(cut.progress.state).toBe(whole.progress.state);
        if (whole.progress.state !== 'broken') expect(cut).toMatchObject({ status: whole.status, body: whole.body });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof readHead(Buffer.from(bytes).toString('latin1'))).toMatch(/string|object/);
      }),
    );
  });
});

describe('the HTTP head', () => {
  it.each([
    ['1.1', 'HTTP/1.1 200 OK\r\nContent-Length: 0', true],
    ['1.1 that closes', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nconnection: Close', false],
    ['1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0', false],
    ['1.0 that keeps', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive', true],
    ['no length', 'HTTP/1.1 200 OK\r\n', false],
    ['chunks beside a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked', false],
  ])('of %s says whether the connection is kept', (_, text, keeps) => {
    expect(readHead(text)).toMatchObject({ keeps });
  });

  it('has each challenge by itself', () => {
    const head = readHead('HTTP/1.1 401 No\r\nwww-authenticate: Basic realm="a"\r\nWWW-Authenticate: Digest realm="b", nonce="c"');
    expect(typeof head === 'object' && head.headers.get('www-authenticate')).toEqual(['Basic realm="a"', 'Digest realm="b", nonce="c"']);
  });
});
