// The floor plan as docs/architecture.md states it: the one table of floors, read by the test and by people.

/** Each room's floor: a room imports only rooms of lower floors. */
export type FloorPlan = ReadonlyMap<string, number>;

/** The rows of the Markdown table whose heading is `| floor | room | duty |`; empty when there is none. */
export function readFloorPlan(markdown: string): FloorPlan {
  const lines = markdown.split('\n');
  const heading = lines.findIndex((line) => cells(line).join('|').toLowerCase() === 'floor|room|duty');
  const plan = new Map<string, number>();
  if (heading === -1) return plan;
  for (const line of lines.slice(heading + 2)) {
    const [floor = '', room = ''] = cells(line);
    if (!line.trim().startsWith('|')) break;
    const name = room.replaceAll('`', '');
    if (!/^\d+$/.test(floor) || !/^[a-z]+$/.test(name)) throw new Error(`not a row of the floor plan: ${line}`);
    if (plan.has(name)) throw new Error(`the floor plan names ${name} twice`);
    plan.set(name, Number(floor));
  }
  return plan;
}

function cells(line: string): string[] {
  return line
    .trim()
    .replaceAll(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
