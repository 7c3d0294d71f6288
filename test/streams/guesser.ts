// Somebody who guesses tokens, in a process of his own. Arguments: an address, how many guesses, within how many seconds. Each is a connection of its own.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const [address = '', count = '0', seconds = '1'] = process.argv.slice(2);
const { protocol, hostname, port, host } = new URL(address);
const tickMs = 20;
const patienceMs = 300;

async function guess(): Promise<void> {
  const path = `/s/${randomBytes(24).toString('base64url')}`;
  const request = protocol.startsWith('rtsp')
    ? `DESCRIBE ${protocol}//${host}${path} RTSP/1.0\r\nCSeq: 1\r\n\r\n`
    : `GET ${path}/live.flv HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const place = { host: hostname, port: Number(port) };
  const isTls = protocol === 'rtsps:' || protocol === 'https:';
  const socket = isTls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
  socket.on('error', () => {}).resume();
  socket.once(isTls ? 'secureConnect' : 'connect', () => socket.write(request));
  setTimeout(() => socket.destroy(), patienceMs);
  await new Promise((resolve) => socket.once('close', resolve));
}

const guesses: Promise<void>[] = [];
const startedAt = performance.now();
while (guesses.length < Number(count)) {
  const due = ((performance.now() - startedAt) * Number(count)) / (Number(seconds) * 1000);
  while (guesses.length < Math.min(due, Number(count))) guesses.push(guess());
  await new Promise((resolve) => setTimeout(resolve, tickMs));
}
await Promise.all(guesses);
console.log(JSON.stringify({ guessed: guesses.length }));
