// Finding one's way in a tree that a camera sent, and writing the little XML that goes back.
import type { XmlElement } from './reader.ts';

/** The first child with that local name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((candidate) => candidate.name === name);
}

/** All children with that local name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((candidate) => candidate.name === name) ?? [];
}

/** The element at the end of a path of local names. */
export function descend(element: XmlElement | undefined, ...names: string[]): XmlElement | undefined {
  return names.reduce<XmlElement | undefined>((at, name) => child(at, name), element);
}

/** The text at the end of a path; empty when there is no such element. */
export function textAt(element: XmlElement | undefined, ...names: string[]): string {
  return descend(element, ...names)?.text ?? '';
}

/** The value of an attribute by its local name. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  return element?.attributes.find((candidate) => candidate.name === name)?.value;
}

/** Makes text safe between tags and inside quotes; characters that XML 1.0 cannot hold are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Writes an element as it came, its namespaces declared where they are used. `extra` is added to its attributes as it is. */
export function writeXml(element: XmlElement, extra = ''): string {
  const declared = new Map([[element.prefix, element.uri]]);
  for (const { prefix, uri } of element.attributes) if (prefix !== '' && prefix !== 'xml') declared.set(prefix, uri);
  const tag = qualified(element.prefix, element.name);
  const spaces = [...declared].map(([prefix, uri]) => ` ${qualified('xmlns', prefix)}="${escapeXml(uri)}"`);
  const attributes = element.attributes.map(({ prefix, name, value }) => ` ${qualified(prefix, name)}="${escapeXml(value)}"`);
  const body = escapeXml(element.text) + element.children.map((part) => writeXml(part)).join('');
  return `<${tag}${spaces.join('')}${attributes.join('')}${extra}>${body}</${tag}>`;
}

function qualified(prefix: string, name: string): string {
  if (prefix === '') return name;
  return name === '' ? prefix : `${prefix}:${name}`;
}
