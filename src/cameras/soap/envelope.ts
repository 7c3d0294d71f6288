// SOAP 1.2 envelopes: how ours are made, the UsernameToken in them, and what a camera's fault says.
import { createHash } from 'node:crypto';
import type { Login, Random } from '#base';
import { child, descend, escapeXml, textAt, type XmlElement } from '../xml/index.ts';

const soapSpace = 'http://www.w3.org/2003/05/soap-envelope';
const addressingSpace = 'http://www.w3.org/2005/08/addressing';
const securityBase = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
const emptyHeader = '<s:Header></s:Header>';

/** An envelope around `body`, its header empty. `s` and `a` are bound to SOAP and WS-Addressing. */
export function composeEnvelope(body: string): string {
  return `<s:Envelope xmlns:s="${soapSpace}" xmlns:a="${addressingSpace}">${emptyHeader}<s:Body>${body}</s:Body></s:Envelope>`;
}

/** Puts `header` into an envelope whose header is empty. Envelopes of the onvif package are made alike. */
export function fillHeader(envelope: string, header: string): string {
  return header === '' ? envelope : envelope.replace(emptyHeader, () => `<s:Header>${header}</s:Header>`);
}

/** The WS-Addressing headers of a request; cameras route pull points by them. */
export function addressingHeader(action: string, to: URL, messageId: string): string {
  return `<a:Action>${action}</a:Action><a:MessageID>urn:uuid:${messageId}</a:MessageID><a:To>${escapeXml(to.href)}</a:To>`;
}

/** The action of an envelope: namespace and name of what stands first in its body. */
export function actionOf(envelope: string): string {
  const match = /<s:Body[^>]{0,300}><(?:\w{1,20}:)?(\w{1,60})[^>]{0,300}? xmlns(?::\w{1,20})?="([^"]{1,200})"/.exec(envelope);
  return match ? `${match[2]}/${match[1]}` : '';
}

/**
 * The header that proves a login without sending the password; the nonce is fresh each time.
 * @param createdMs the camera's time: it refuses a token that is old by its own clock
 * @see WS-Security UsernameToken Profile 1.0 §3.1, ONVIF Core §5.9.1
 */
export function usernameToken(login: Login, createdMs: number, random: Random): string {
  const nonce = random.bytes(16);
  const created = new Date(createdMs).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(login.password, 'utf8').digest('base64');
  return (
    `<Security s:mustUnderstand="1" xmlns="${securityBase}-wssecurity-secext-1.0.xsd"><UsernameToken>` +
    `<Username>${escapeXml(login.user)}</Username>` +
    `<Password Type="${securityBase}-username-token-profile-1.0#PasswordDigest">${digest}</Password>` +
    `<Nonce EncodingType="${securityBase}-soap-message-security-1.0#Base64Binary">${nonce.toString('base64')}</Nonce>` +
    `<Created xmlns="${securityBase}-wssecurity-utility-1.0.xsd">${created}</Created></UsernameToken></Security>`
  );
}

/** A SOAP fault of a camera. */
export interface SoapFault {
  /** Code and subcodes, prefixes removed: `Sender`, `NotAuthorized`. */
  readonly codes: readonly string[];
  readonly reason: string;
  readonly detail: XmlElement | undefined;
}

/** The fault in a SOAP body, 1.2 or 1.1. */
export function readFault(body: XmlElement): SoapFault | undefined {
  const fault = child(body, 'Fault');
  if (!fault) return undefined;
  const codes: string[] = [];
  for (let at = child(fault, 'Code'); at && codes.length < 5; at = child(at, 'Subcode')) codes.push(textAt(at, 'Value'));
  if (codes.length === 0) codes.push(textAt(fault, 'faultcode'));
  return {
    codes: codes.map((code) => code.replace(/^.*:/, '')),
    reason: (textAt(fault, 'Reason', 'Text') || textAt(fault, 'faultstring')).slice(0, 150),
    detail: child(fault, 'Detail') ?? child(fault, 'detail'),
  };
}

/** Whether a fault says that the login is missing or wrong; cameras say it in codes, or in words only. */
export function isDenial(fault: SoapFault): boolean {
  return (
    fault.codes.some((code) => ['NotAuthorized', 'FailedAuthentication', 'InvalidSecurity', 'Unauthorized'].includes(code)) ||
    /not ?authori[sz]ed|unauthori[sz]ed|authentication failed|ws-security|usernametoken/i.test(fault.reason)
  );
}

/** The body of a reply. */
export function readBodyOf(root: XmlElement): XmlElement | undefined {
  return root.name === 'Envelope' ? descend(root, 'Body') : undefined;
}
