// The door of HTTP: what all drivers share that are sent to, or fetch.
export { openWebClient, type WebAnswer } from './client.ts';
export { keepListening } from './keep-listening.ts';
export type { Handler, Incoming, Reply } from './listener.ts';
export { loginHeaders, loginQuery } from './login.ts';
export { openWrongSecrets, type WrongSecrets } from './wrong-secrets.ts';
