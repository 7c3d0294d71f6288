// Reads YAML 1.2 into plain values with the place of each: bounded in size and depth, without aliases, every key once.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Pair, type ParsedNode, parseDocument } from 'yaml';
import type { Text } from '#base';

/** Path of a value: keys and indices from the top. */
export type Path = readonly PropertyKey[];

/** Where something is in the file; both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong at a path. */
export interface Flaw {
  readonly path: Path;
  readonly text: Text;
}

/** The file as values. A key without a value is there as undefined: it counts as left out. */
export interface YamlFile {
  readonly value: unknown;
  readonly flaws: readonly Flaw[];
  /** The place of the key (or list entry) at `path`, or of the nearest thing above it that is in the file. */
  locate(path: Path): Position;
}

/** The file does not parse. */
export interface YamlFailure {
  readonly failures: readonly (Position & { readonly text: Text })[];
}

const maxDepth = 20;
const maxFailures = 20;

/** Parses `text`, at most 1 MiB (the caller's bound). Never throws. */
export function readYaml(text: string): YamlFile | YamlFailure {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    // uniqueKeys compares each key with all others: 200,000 keys would take minutes. `collect` does it with a set.
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, stringKeys: true, prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    return { failures: [{ line: 1, column: 1, text: syntaxText(error instanceof RangeError ? 'nested too deeply' : String(error)) }] };
  }
  if (document.errors.length > 0) {
    const failures = document.errors
      .slice(0, maxFailures)
      .map((error) => ({ ...positionOf(lines, error.pos[0]), text: syntaxText(error.message) }));
    return { failures };
  }
  const flaws: Flaw[] = [];
  const value = collect(document.contents, [], flaws);
  const indices: Indices = new WeakMap();
  return { value, flaws, locate: (path) => positionOf(lines, offsetOf(document.contents, path, indices)) };
}

function syntaxText(reason: string): Text {
  const clean = reason.split('\n')[0]?.slice(0, 200) ?? '';
  return { en: `this is not YAML: ${clean}`, ko: `YAML 문법 오류: ${clean}` };
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The plain value of a node; what cannot be taken is a flaw and undefined. */
function collect(node: ParsedNode | null, path: Path, flaws: Flaw[]): unknown {
  const refuse = (en: string, ko: string): undefined => {
    flaws.push({ path, text: { en, ko } });
    return undefined;
  };
  if (node === null) return undefined;
  if (isAlias(node))
    return refuse('aliases (*name) are not taken; write the value out', '별칭(*이름)은 쓸 수 없습니다. 값을 직접 쓰십시오');
  if (isScalar(node)) return node.value === null ? undefined : node.value;
  if (path.length >= maxDepth) return refuse(`nested deeper than ${maxDepth}`, `${maxDepth}단계보다 깊게 중첩되었습니다`);
  if (isSeq(node)) return node.items.map((item, index) => collect(item, [...path, index], flaws));
  if (!isMap(node)) return undefined;
  const entries = new Map<string, unknown>();
  for (const pair of node.items) {
    const key = keyOf(pair);
    if (entries.has(key)) flaws.push({ path: [...path, key], text: { en: 'this key is there twice', ko: '같은 항목이 두 번 있습니다' } });
    else entries.set(key, collect(pair.value, [...path, key], flaws));
  }
  return Object.fromEntries(entries);
}

function keyOf(pair: Pair<ParsedNode, ParsedNode | null>): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** Offset of the last key along `path` that exists; a key that is there twice is found at its second place. */
function offsetOf(root: ParsedNode | null, path: Path, indices: Indices): number {
  let place: Place | undefined = { node: root, offset: root?.range[0] ?? 0 };
  let offset = place.offset;
  for (const step of path) {
    place = stepInto(place.node, step, indices);
    if (!place) break;
    offset = place.offset;
  }
  return offset;
}

interface Place {
  readonly node: ParsedNode | null;
  readonly offset: number;
}

/** Keys of the maps that were looked into, so that 100,000 mistakes in one map take no minutes. */
type Indices = WeakMap<ParsedNode, ReadonlyMap<PropertyKey, Place>>;

function stepInto(node: ParsedNode | null, step: PropertyKey, indices: Indices): Place | undefined {
  if (isMap(node)) {
    const index = indices.get(node) ?? new Map(node.items.map((pair) => [keyOf(pair), { node: pair.value, offset: pair.key.range[0] }]));
    indices.set(node, index);
    return index.get(step);
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined;
  return item && { node: item, offset: item.range[0] };
}
