// Reads XML of strangers as it arrives: bounded in depth, elements and attributes, without DTD and without entities of its own.
import { SaxesParser } from 'saxes';
import { messageOf } from '#base';
import { openXmlDecoder } from './encoding.ts';

/** One attribute; namespace declarations are not among them. */
export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  readonly uri: string;
  readonly value: string;
}

/** One element. `name` is the local name: cameras choose prefixes freely. */
export interface XmlElement {
  readonly prefix: string;
  readonly name: string;
  readonly uri: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The element's own text without that of its children, trimmed. */
  readonly text: string;
}

/** What is read at most; the size in bytes is the transport's to bound. */
export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
  /** Of one element. */
  readonly attributes: number;
}

/** A document, or why there is none. */
export type XmlResult = { readonly ok: true; readonly root: XmlElement } | { readonly ok: false; readonly problem: string };

/** Takes a document in pieces. */
export interface XmlReader {
  /** False when nothing more needs to be read: the document is complete or broken. */
  write(chunk: Uint8Array): boolean;
  /** The outcome; call it once, after the last piece. */
  end(): XmlResult;
}

type Draft = { -readonly [K in keyof Omit<XmlElement, 'attributes' | 'children'>]: XmlElement[K] } & {
  attributes: XmlAttribute[];
  children: XmlElement[];
};

/** Enough for the profiles of a 64-channel recorder. */
const xmlLimits: XmlLimits = { depth: 40, elements: 30_000, attributes: 64 };

/** Opens a reader. What follows the end of the root element is ignored: some cameras send stray bytes there. */
export function openXmlReader(limits: XmlLimits = xmlLimits): XmlReader {
  const tree = openTree(limits);
  const decoder = openXmlDecoder();
  let problem: string | undefined;
  /** Whether anything but white space has come; white space before a document is no part of it. */
  let begun = false;
  const feed = (text: string): void => {
    const wanted = begun ? text : text.trimStart();
    if (wanted === '') return;
    begun = true;
    try {
      tree.write(wanted);
    } catch (error) {
      if (!tree.root()) problem = messageOf(error);
    }
  };
  return {
    write(chunk) {
      if (problem !== undefined || tree.root()) return false;
      feed(decoder.decode(chunk));
      return problem === undefined && !tree.root();
    },
    end() {
      if (problem === undefined && !tree.root()) feed(decoder.flush());
      const root = tree.root();
      if (root) return { ok: true, root };
      return { ok: false, problem: problem ?? (begun ? 'the document ends too early' : 'the document is empty') };
    },
  };
}

/** Reads a whole document at once. */
export function readXml(text: string, limits: XmlLimits = xmlLimits): XmlResult {
  const reader = openXmlReader(limits);
  reader.write(Buffer.from(text));
  return reader.end();
}

function openTree(limits: XmlLimits): { write(text: string): void; root(): XmlElement | undefined } {
  // An undeclared prefix gets a name of its own: cameras forget declarations, and only local names are compared.
  const parser = new SaxesParser({ xmlns: true, position: false, resolvePrefix: (prefix: string) => `urn:undeclared:${prefix}` });
  const path: Draft[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let attributes = 0;
  parser.on('doctype', () => {
    throw new Error(noDoctype);
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    elements += 1;
    if (elements > limits.elements) throw new Error(`more than ${limits.elements} elements`);
    if (path.length >= limits.depth) throw new Error(`more than ${limits.depth} levels of elements`);
  });
  parser.on('attribute', () => {
    attributes += 1;
    if (attributes > limits.attributes) throw new Error(`more than ${limits.attributes} attributes of one element`);
  });
  parser.on('opentag', (tag) => {
    const own = Object.values(tag.attributes).filter((attribute) => attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns');
    path.push({
      prefix: tag.prefix,
      name: tag.local,
      uri: tag.uri,
      attributes: own.map((attribute) => ({
        prefix: attribute.prefix,
        name: attribute.local,
        uri: attribute.uri,
        value: attribute.value,
      })),
      children: [],
      text: '',
    });
  });
  const addText = (text: string): void => {
    const top = path.at(-1);
    if (top) top.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = path.pop();
    if (!closed) return;
    closed.text = closed.text.trim();
    const parent = path.at(-1);
    if (parent) parent.children.push(closed);
    else root = closed;
  });
  return {
    write(text) {
      if (path.length === 0) refuseDoctype(text);
      parser.write(text);
    },
    root: () => root,
  };
}

/** At its first letters, not when it has ended: what it declares is not worth its bytes. */
function refuseDoctype(text: string): void {
  if (/<!DOCTYPE/i.test(text.slice(0, 1000))) throw new Error(noDoctype);
}

const noDoctype = 'a document type declaration is not accepted';
