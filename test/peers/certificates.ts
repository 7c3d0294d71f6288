// Certificates for tests, made by openssl: an authority, a server for localhost, a client, and a stranger of another authority.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A certificate and its key, as paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Paths of PEM files in a folder that goes with the object. */
export interface TestCertificates extends AsyncDisposable {
  readonly folder: string;
  readonly ca: string;
  /** For `localhost` and 127.0.0.1. */
  readonly server: KeyPair;
  /** Common name `bongsu-test`. */
  readonly client: KeyPair;
  /** Signed by an authority that `ca` does not know. */
  readonly stranger: KeyPair & { readonly ca: string };
}

export async function openTestCertificates(): Promise<TestCertificates> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-certs-'));
  const ca = await makeAuthority(folder, 'ca');
  const other = await makeAuthority(folder, 'other-ca');
  const server = await makePair(folder, ca, { name: 'server', subject: 'localhost', san: 'DNS:localhost,IP:127.0.0.1' });
  const client = await makePair(folder, ca, { name: 'client', subject: 'bongsu-test', san: 'DNS:bongsu-test' });
  const stranger = await makePair(folder, other, { name: 'stranger', subject: 'stranger', san: 'DNS:stranger' });
  return {
    folder,
    ca: ca.cert,
    server,
    client,
    stranger: { ...stranger, ca: other.cert },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

async function makeAuthority(folder: string, name: string): Promise<KeyPair> {
  const pair = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  await run('openssl', ['req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', pair.cert]);
  return pair;
}

async function makePair(folder: string, ca: KeyPair, of: { name: string; subject: string; san: string }): Promise<KeyPair> {
  const at = (ending: string): string => join(folder, `${of.name}.${ending}`);
  await writeFile(at('ext'), `subjectAltName=${of.san}\n`);
  await run('openssl', ['req', ...newKey, '-subj', `/CN=${of.subject}`, '-keyout', at('key'), '-out', at('csr')]);
  const sign = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '2', '-extfile', at('ext'), '-out', at('pem')];
  await run('openssl', ['x509', '-req', '-in', at('csr'), ...sign]);
  return { cert: at('pem'), key: at('key') };
}
