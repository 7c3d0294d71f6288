// The door of what is served over HTTP.
export { makeWebServer, say, type WebDoors } from './web-server.ts';
