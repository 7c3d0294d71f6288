// The door of xml: bounded reading and plain writing.
export { openXmlReader, readXml, type XmlElement, type XmlReader, type XmlResult } from './reader.ts';
export { attribute, child, childrenOf, descend, escapeXml, textAt, writeXml } from './tree.ts';
