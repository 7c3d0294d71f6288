// Looks into a schema: which keys it knows at a path, so that a misspelt one can be told the nearest.
import type { z } from 'zod';
import type { Path } from './yaml.ts';

type Definition = Readonly<Record<string, unknown>> & { readonly type: string };

/** The keys that `schema` knows at `path`; of alternatives, the keys of all. Empty where it is no object. */
export function knownKeys(schema: z.core.$ZodType, path: Path): readonly string[] {
  return [...new Set(schemasAt(schema, path).flatMap((found) => Object.keys(shapeOf(found))))];
}

/** The schemas that may stand at `path`: several below a union. Without wrappers such as defaults. */
function schemasAt(schema: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  return path.reduce<readonly z.core.$ZodType[]>((found, step) => found.flatMap((each) => stepInto(each, step)), branches(schema));
}

function stepInto(schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] {
  const { type, element, valueType } = definition(schema);
  if (type === 'array') return branches(element as z.core.$ZodType);
  if (type === 'record') return branches(valueType as z.core.$ZodType);
  const shape = shapeOf(schema);
  const name = String(step);
  const next = Object.hasOwn(shape, name) ? shape[name] : undefined;
  return next ? branches(next) : [];
}

/** A schema without its wrappers; each alternative of a union. */
function branches(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { type, innerType, options, in: input } = definition(schema);
  if (type === 'union') return (options as readonly z.core.$ZodType[]).flatMap(branches);
  if (type === 'pipe') return branches(input as z.core.$ZodType);
  return innerType ? branches(innerType as z.core.$ZodType) : [schema];
}

function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> {
  const { type, shape } = definition(schema);
  return type === 'object' ? (shape as Record<string, z.core.$ZodType>) : {};
}

function definition(schema: z.core.$ZodType): Definition {
  return schema._zod.def as unknown as Definition;
}
