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

/**
 * Writes an element as it came, its namespaces declared where they are used; at most `most` characters, then it ends in the middle: a small document
 * can share one long namespace among thousands of elements. `extra` is added to its attributes as it is.
 */
export function writeXml(element: XmlElement, most: number, extra = ''): string {
  const room = { left: most };
  return write(element, room, extra);
}

function write(element: XmlElement, room: { left: number }, extra: string): string {
  const put = (text: string): string => {
    const piece = text.slice(0, Math.max(0, room.left));
    room.left -= piece.length;
    return piece;
  };
  const safe = (text: string): string => escapeXml(text.slice(0, Math.max(0, room.left)));
  const declared = new Map([[element.prefix, element.uri]]);
  for (const { prefix, uri } of element.attributes) if (prefix !== '' && prefix !== 'xml') declared.set(prefix, uri);
  const tag = qualified(element.prefix, element.name);
  const parts = [put(`<${tag}`)];
  for (const [prefix, uri] of declared) parts.push(put(` ${qualified('xmlns', prefix)}="${safe(uri)}"`));
  for (const { prefix, name, value } of element.attributes) parts.push(put(` ${qualified(prefix, name)}="${safe(value)}"`));
  parts.push(put(`${extra}>`), put(safe(element.text)));
  for (const part of element.children) if (room.left > 0) parts.push(write(part, room, ''));
  return [...parts, put(`</${tag}>`)].join('');
}

function qualified(prefix: string, name: string): string {
  if (prefix === '') return name;
  return name === '' ? prefix : `${prefix}:${name}`;
}
