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

  it('never fails and is bounded on any header', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 6000 }), { maxLength: 3 }), (headers) => void chooseChallenge(headers)));
    fc.assert(fc.property(fc.string(), (tail) => void chooseChallenge([`Digest ${tail}`])));
  });
});
