// The door of the shipped templates.
export { modbusTemplates, webhookTemplates } from './table.ts';
