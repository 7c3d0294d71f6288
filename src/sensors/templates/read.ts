// Templates as files.
import { bytesOfFile, isPath, listOf, type ReadDeclaration, readDeclaration, type Wording } from '../checked-yaml.ts';
import { sensorsFaults } from '../faults.ts';
import { type Template, templateOption } from '../template.ts';

/** Reads one template of at most 64 KiB. */
export function readTemplate(bytes: Uint8Array, wording?: Wording): ReadDeclaration<Template> {
  return readDeclaration(bytes, templateOption, wording);
}

/** The template in a file. Rejects with `sensors.template-unknown` where `path` can be none, else with `template-unusable`, naming file and line. */
export async function templateOfFile(path: string, wording?: Wording): Promise<Template> {
  const read = await bytesOfFile(path);
  if ('problem' in read) {
    if (!isPath(path)) throw sensorsFaults.fault('template-unknown', { detail: path });
    throw sensorsFaults.fault('template-unusable', { cause: read.cause, detail: read.problem });
  }
  const template = readTemplate(read.bytes, wording);
  if (!template.ok) throw sensorsFaults.fault('template-unusable', { detail: listOf(path, template.problems) });
  return template.value;
}
