// The door of the templates: the shipped ones, and those in files.
export { describeTemplates } from './describe.ts';
export { templateOfFile } from './read.ts';
export { shippedTemplate } from './shipped.ts';
