// Base notification: the camera posts what it reports to the client's address, a few at a time, and does not try again (WS-BaseNotification §3).
import { request } from 'node:http';
import type { CameraCore } from './core.ts';
import { joinNotices } from './notices.ts';
import type { PullPoint } from './pull-points.ts';
import { writeSoap } from './soap.ts';

const timeoutMs = 5000;
const action = 'http://docs.oasis-open.org/wsn/bw-2/NotificationConsumer/Notify';

/** Pushes the notifications of a subscription to `consumer` for as long as it lives. */
export function startPush(camera: CameraCore, point: PullPoint, consumer: URL): void {
  let busy = false;
  const pump = (): void => {
    if (busy || point.waiting.length === 0 || camera.pullPoints.find(point.id) === undefined) return;
    busy = true;
    const notices = point.waiting.splice(0, camera.personality.quirks.maxPullMessages);
    camera.counts.events += notices.length;
    post(camera, consumer, joinNotices(notices, camera.personality), (delivered) => {
      if (!delivered) camera.counts.undelivered += notices.length;
      busy = false;
      pump();
    });
  };
  point.wake = pump;
}

function post(camera: CameraCore, consumer: URL, notices: string, done: (delivered: boolean) => void): void {
  const text = writeSoap(`<wsnt:Notify>${notices}</wsnt:Notify>`, `<wsa:Action>${action}</wsa:Action>`);
  const headers = { 'content-type': 'application/soap+xml; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  let settled = false;
  const settle = (delivered: boolean): void => {
    if (settled) return;
    settled = true;
    done(delivered);
  };
  const outgoing = request(
    consumer,
    { method: 'POST', headers, timeout: timeoutMs, localAddress: camera.host, agent: false },
    (response) => {
      response.resume();
      response.on('close', () => settle((response.statusCode ?? 500) < 300));
    },
  );
  outgoing.on('timeout', () => outgoing.destroy());
  outgoing.on('error', () => settle(false));
  outgoing.end(text);
}
