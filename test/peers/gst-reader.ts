// A reader that we did not write: GStreamer's rtspsrc with its own depayloaders and decoders; it counts what it decoded.
import { spawn } from 'node:child_process';

export interface GstReading {
  readonly frames: number;
  /** Errors and warnings of the pipeline. */
  readonly complaints: string;
}

/** Decodes `frames` frames; `protocols` as rtspsrc names them. Certificates are not looked at. */
export function readWithGst(url: string, frames: number, protocols: 'tcp' | 'udp', timeoutMs = 20_000): Promise<GstReading> {
  const source = ['rtspsrc', `location=${url}`, `protocols=${protocols}`, 'latency=0', 'tls-validation-flags=0'];
  const count = ['identity', 'name=counter', 'silent=false', `eos-after=${frames + 1}`];
  const child = spawn('gst-launch-1.0', ['-v', ...source, '!', 'decodebin', '!', ...count, '!', 'fakesink', 'sync=false'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let seen = 0;
  let complaints = '';
  child.stdout.on('data', (text: Buffer) => {
    for (const line of text.toString().split('\n')) {
      if (/last-message = chain/.test(line)) seen += 1;
      // The H.265 decoder says of every stream that it does not know the form of its parameter sets, and goes on.
      if (/^(ERROR|WARNING)/.test(line) && !line.includes('Unsupported extra data version')) complaints += `${line}\n`;
    }
  });
  child.stderr.on('data', (text: Buffer) => {
    complaints += text.toString();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  return new Promise((resolve) => {
    child.once('close', () => {
      clearTimeout(timer);
      resolve({ frames: seen, complaints });
    });
  });
}
