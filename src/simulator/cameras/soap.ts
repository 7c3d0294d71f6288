// Pure SOAP 1.2: what a request asks for, and the envelopes of answers and faults.
import { escapeXml, find, parseXml, textAt, type XmlElement } from './xml.ts';

/** A request taken apart. */
export interface SoapRequest {
  readonly header: XmlElement | undefined;
  /** First element of the body. */
  readonly body: XmlElement;
}

/** A fault as a camera says it: subcodes of ONVIF Core §5.8.2.2, the first below Sender or Receiver. */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
  readonly side: 'Sender' | 'Receiver';
  readonly codes: readonly string[];
  readonly detail: string;

  constructor(side: 'Sender' | 'Receiver', codes: readonly string[], reason: string, detail = '') {
    super(reason);
    this.side = side;
    this.codes = codes;
    this.detail = detail;
  }
}

const namespaces = [
  ['s', 'http://www.w3.org/2003/05/soap-envelope'],
  ['wsa', 'http://www.w3.org/2005/08/addressing'],
  ['wsnt', 'http://docs.oasis-open.org/wsn/b-2'],
  ['wstop', 'http://docs.oasis-open.org/wsn/t-1'],
  ['wsrfr', 'http://docs.oasis-open.org/wsrf/r-2'],
  ['xs', 'http://www.w3.org/2001/XMLSchema'],
  ['tt', 'http://www.onvif.org/ver10/schema'],
  ['tds', 'http://www.onvif.org/ver10/device/wsdl'],
  ['trt', 'http://www.onvif.org/ver10/media/wsdl'],
  ['tr2', 'http://www.onvif.org/ver20/media/wsdl'],
  ['tev', 'http://www.onvif.org/ver10/events/wsdl'],
  ['tptz', 'http://www.onvif.org/ver20/ptz/wsdl'],
  ['timg', 'http://www.onvif.org/ver20/imaging/wsdl'],
  ['tmd', 'http://www.onvif.org/ver10/deviceIO/wsdl'],
  ['ter', 'http://www.onvif.org/ver10/error'],
  ['tns1', 'http://www.onvif.org/ver10/topics'],
  ['sim', 'urn:bongsu:simulator'],
] as const;
const declarations = namespaces.map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`).join(' ');
const prefixes = new Map<string, string>(namespaces.map(([prefix, uri]) => [uri, prefix]));

/** Takes an envelope apart; undefined when it is none. */
export function readSoap(text: string): SoapRequest | undefined {
  const envelope = parseXml(text);
  if (envelope?.name !== 'Envelope') return undefined;
  const body = find(envelope, 'Body')?.children[0];
  return body && { header: find(envelope, 'Header'), body };
}

/** Name of the operation with the usual prefix: `tds:GetScopes`. */
export function operationOf(body: XmlElement): string {
  return `${prefixes.get(body.namespace) ?? '?'}:${body.name}`;
}

/** Wraps an answer. `header` is XML. */
export function writeSoap(body: string, header = ''): string {
  const head = header === '' ? '' : `<s:Header>${header}</s:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope ${declarations}>${head}<s:Body>${body}</s:Body></s:Envelope>`;
}

/** Wraps a fault. */
export function writeFault(fault: SoapFault): string {
  const subcode = fault.codes.reduceRight((inner, code) => `<s:Subcode><s:Value>${code}</s:Value>${inner}</s:Subcode>`, '');
  const detail = fault.detail === '' ? '' : `<s:Detail>${fault.detail}</s:Detail>`;
  const reason = `<s:Reason><s:Text xml:lang="en">${escapeXml(fault.message)}</s:Text></s:Reason>`;
  return writeSoap(`<s:Fault><s:Code><s:Value>s:${fault.side}</s:Value>${subcode}</s:Code>${reason}${detail}</s:Fault>`);
}

/** WS-Addressing header of an answer to `request`. */
export function replyHeader(request: SoapRequest, action: string): string {
  const id = textAt(request.header, 'MessageID');
  return `<wsa:Action>${action}</wsa:Action>${id === '' ? '' : `<wsa:RelatesTo>${escapeXml(id)}</wsa:RelatesTo>`}`;
}
