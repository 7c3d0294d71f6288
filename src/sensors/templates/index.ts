// The door of the templates: the shipped ones, and those in files.
export { readTemplate } from './read.ts';
export { shippedTemplate } from './shipped.ts';
