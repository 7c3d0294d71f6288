// Pure reading of bounded XML into a small tree with namespaces, and the escaping for what is written.
import { SaxesParser } from 'saxes';

/** An element. `text` is its own character data, trimmed. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

interface Growing extends XmlElement {
  readonly children: Growing[];
  text: string;
}

const maxCharacters = 65_536;
const maxDepth = 32;
const maxElements = 2000;

/** Reads at most 65,536 characters, 2,000 elements, 32 deep; undefined when it is not well-formed, larger or has a document type. */
export function parseXml(text: string): XmlElement | undefined {
  if (text.length > maxCharacters) return undefined;
  const parser = new SaxesParser({ xmlns: true });
  const open: Growing[] = [];
  let root: Growing | undefined;
  let elements = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('document type');
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > maxElements || open.length >= maxDepth) throw new Error('too large');
    const attributes = new Map(Object.values(tag.attributes).map((attribute) => [attribute.local, attribute.value]));
    const element: Growing = { name: tag.local, namespace: tag.uri, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const onText = (part: string): void => {
    const element = open.at(-1);
    if (element) element.text += part;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element) element.text = element.text.trim();
  });
  try {
    parser.write(text).close();
  } catch {
    return undefined;
  }
  return root;
}

/** The first element found along `path` of local names below `element`. */
export function find(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = at?.children.find((child) => child.name === name);
  return at;
}

/** Text of the element at `path`, or ''. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string {
  return find(element, ...path)?.text ?? '';
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text made safe for an element or an attribute; characters that XML 1.0 §2.2 does not allow become '?'. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => entities[one] ?? '').replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?');
}
