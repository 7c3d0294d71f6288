// Recordings of what came over a line: one JSON object a line, first what was recorded, then chunks with milliseconds since the start.
import { z } from 'zod';
import { sensorsFaults } from '../faults.ts';

const head = z.object({
  recording: z.literal(1),
  from: z.string().max(300),
  baud: z.number().optional(),
  startedAt: z.iso.datetime(),
});
const ms = z.number().min(0).max(1e11);
const piece = z.union([
  z.object({ ms, hex: z.string().regex(/^([0-9a-f]{2})*$/i) }),
  z.object({ ms, message: z.unknown() }),
  z.object({ ms, values: z.record(z.string().max(40), z.number()) }),
]);
/** Bytes of a line; or, for templates, a message as JSON or values by point, written by hand. */
export type Piece = z.output<typeof piece>;

/** What was recorded. */
export interface Recording {
  /** Wall milliseconds. */
  readonly startedAt: number;
  readonly pieces: readonly Piece[];
}

/** Longest recording that is read, and largest chunk in one line of it. */
const maxBytes = 256 * 2 ** 20;

/** The first line of a recording. */
export function recordingHead(from: string, baud: number | undefined, startedAt: number): string {
  return JSON.stringify({ recording: 1, from, baud, startedAt: new Date(startedAt).toISOString() });
}

/** Reads a recording; a last line that was cut off by a loss of power is passed over. Throws `sensors.recording-unusable`. */
export function readRecording(bytes: Uint8Array): Recording {
  if (bytes.length > maxBytes) throw sensorsFaults.fault('recording-unusable', { detail: 'larger than 256 MiB' });
  const [first = '', ...lines] = new TextDecoder().decode(bytes).split('\n');
  const begun = head.safeParse(parsed(first));
  if (!begun.success) throw sensorsFaults.fault('recording-unusable', { detail: 'line 1: no head of a recording' });
  const pieces = lines.flatMap((line, at): Piece[] => {
    if (line.trim() === '') return [];
    const read = piece.safeParse(parsed(line));
    if (read.success) return [read.data];
    if (at === lines.length - 1) return [];
    throw sensorsFaults.fault('recording-unusable', { detail: `line ${at + 2}: expected ms with hex, message or values` });
  });
  return { startedAt: Date.parse(begun.data.startedAt), pieces };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
