// The door of what is served over HTTP.
export { type Guest, makeWebServer, say, type WebDoors } from './web-server.ts';
