// Node's HTTP for whoever serves or asks by it.

/**
 * The module `node:http`. Imported by its name it would load `fetch` and its client too, which nobody here uses: 13 MiB of resident memory
 * (docs/decisions/memory.md).
 */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http');
}
