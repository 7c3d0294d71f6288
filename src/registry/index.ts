// The door of registry: what stands in the field.
export { openRegistry, type Registry, type RegistryDeps } from './registry.ts';
