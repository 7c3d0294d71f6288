// Digest and Basic: the vectors of the specifications, and whatever a bad server may send.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, chooseChallenge } from '#base';

const login = { user: 'Mufasa', password: 'Circle of Life' };
const request = { method: 'GET', uri: '/dir/index.html', count: 1, cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' };
const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';

describe('digest', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('answers the example of RFC 7616 §3.9.1 with %s', (algorithm, response) => {
    const challenge = chooseChallenge([
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    ]);
    if (!challenge) throw new Error('no challenge');
    const header = authorize(challenge, login, request);
    expect(header).toContain(`response="${response}"`);
    expect(header).toContain('nc=00000001');
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it('takes the strongest of several offers, in one header or in many', () => {
    const offers = ['Basic realm="cam"', `Digest realm="cam", nonce="a", algorithm=MD5, Digest realm="cam", nonce="b", algorithm=SHA-256`];
    expect(chooseChallenge(offers)).toMatchObject({ scheme: 'digest', nonce: 'b', algorithm: 'SHA-256' });
    expect(chooseChallenge(['Basic realm="cam"'])).toEqual({ scheme: 'basic', realm: 'cam' });
  });

  it('does without qop as RFC 2069 did, and with lower-case names', () => {
    const challenge = chooseChallenge(['digest REALM="r",nonce=n1']);
    if (!challenge) throw new Error('no challenge');
    expect(authorize(challenge, login, request)).not.toContain('qop');
  });

  it.each([['Digest realm="x"'], ['Digest nonce="n", algorithm=ROT13'], ['Digest nonce="n", qop="auth-int"'], ['Bearer abc'], ['']])(
    'passes over %j',
    (header) => {
      expect(chooseChallenge([header])).toBeUndefined();
    },
  );

  it('reads what cameras make of it', () => {
    expect(chooseChallenge(['Digest realm="a \\"b\\" c, d=e" , qop = "auth,auth-int",stale=TRUE,nonce="x=y,z"'])).toEqual({
      scheme: 'digest',
      realm: 'a "b" c, d=e',
      nonce: 'x=y,z',
      algorithm: 'MD5',
      qop: 'auth',
      opaque: undefined,
      stale: true,
    });
    expect(chooseChallenge(['Negotiate, Bearer realm="x", nonce="no", Basic realm="cam"'])).toEqual({ scheme: 'basic', realm: 'cam' });
    expect(chooseChallenge(['Digest realm="open, nonce=n'])).toMatchObject({ scheme: 'digest', nonce: 'n' });
  });

  it('reads a challenge back, whatever stands in it', () => {
    const text = fc.string({ maxLength: 80 }).filter((value) => !/[\r\n\u2028\u2029]/.test(value));
    const quote = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(text, text, text, (realm, value, opaque) => {
        const header = `Digest realm=${quote(realm)}, nonce=${quote(value)}, opaque=${quote(opaque)}, Basic realm="other"`;
        expect(chooseChallenge([header])).toMatchObject({ scheme: 'digest', realm, nonce: value, opaque });
      }),
    );
  });

  it.each(['a="', 'a="a="', '"', 'a=', 'a ', '\\', 'a="\\', ' ', ',', 'digest '])('takes no longer for %j again and again', (part) => {
    const before = process.threadCpuUsage();
    chooseChallenge(Array.from({ length: 64 }, () => `Digest ${part.repeat(1_000)}`.slice(0, 1_024)));
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(20);
  });

  it('never fails and is bounded on any header', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 6000 }), { maxLength: 3 }), (headers) => void chooseChallenge(headers)));
    fc.assert(fc.property(fc.string(), (tail) => void chooseChallenge([`Digest ${tail}`])));
  });
});
