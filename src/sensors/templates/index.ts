// The door of the shipped templates.
export { shippedTemplate } from './shipped.ts';
