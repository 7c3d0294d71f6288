// A grammar or a template tried on a recording: files and shipped names in, what would be said out.
import { bytesOfFile, type Wording } from '../checked-yaml.ts';
import { sensorsFaults } from '../faults.ts';
import type { Template } from '../options.ts';
import { shippedTemplate, templateOfFile } from '../templates/index.ts';
import { type Recording, readRecording } from './recording.ts';
import { type Playback, replayGrammar, replayTemplate } from './replay.ts';
import { grammarAt } from './shipped.ts';

/** What to try on what. Each is a file, or the name of a shipped one. */
export interface RehearseRequest {
  readonly what: 'grammar' | 'template';
  readonly name: string;
  /** File of the recording. */
  readonly against: string;
  /** Of a template: the grammar of the recorded lines. */
  readonly grammar?: string | undefined;
}

/** Tries it. Rejects with `sensors.grammar-unknown`, `grammar-unusable`, `template-unknown`, `template-unusable` or `recording-unusable`. */
export async function rehearse({ what, name, against, grammar }: RehearseRequest, wording?: Wording): Promise<Playback> {
  const told = what === 'grammar' ? await grammarAt(name, wording) : undefined;
  const template = what === 'template' ? await templateAt(name, wording) : undefined;
  const spoken = grammar === undefined ? undefined : await grammarAt(grammar, wording);
  const recording = await recordingAt(against);
  if (template) return replayTemplate(template, recording, spoken);
  return told ? replayGrammar(told, recording) : { played: [], droppedBytes: 0 };
}

async function templateAt(name: string, wording: Wording | undefined): Promise<Template> {
  return shippedTemplate(name) ?? (await templateOfFile(name, wording));
}

async function recordingAt(path: string): Promise<Recording> {
  const read = await bytesOfFile(path);
  if ('bytes' in read) return readRecording(read.bytes);
  throw sensorsFaults.fault('recording-unusable', { cause: read.cause, detail: read.problem });
}
