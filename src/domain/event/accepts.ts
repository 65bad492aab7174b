import type { z } from 'zod';
import { ExactNumber } from '../json.ts';

/** Whether a value is fine without further look; false says nothing. */
export type Accepts = (value: unknown) => boolean;

/**
 * Makes a quick check out of a schema. It is true only for values that the schema accepts. It
 * builds nothing, while zod builds its result and its messages anew for each value, which is half
 * of the work of reading an event. The schema decides about values that the quick check refuses or
 * does not understand.
 */
export function acceptsFrom(schema: z.core.$ZodType): Accepts {
  const { def } = schema._zod as z.core.$ZodTypes['_zod'];
  const ofType = acceptsType(def);
  const checks = (def.checks ?? []).map(acceptsCheck);
  if (checks.length === 0) return ofType;
  return (value) => ofType(value) && checks.every((check) => check(value));
}

function acceptsType(def: z.core.$ZodTypes['_zod']['def']): Accepts {
  switch (def.type) {
    case 'unknown':
      return () => true;
    case 'string':
      return 'format' in def ? () => false : (value) => typeof value === 'string';
    case 'enum': {
      const values = new Set<unknown>(Object.values(def.entries));
      return (value) => values.has(value);
    }
    case 'nullable': {
      const inner = acceptsFrom(def.innerType);
      return (value) => value === null || inner(value);
    }
    case 'optional': {
      const inner = acceptsFrom(def.innerType);
      return (value) => value === undefined || inner(value);
    }
    case 'array': {
      const element = acceptsFrom(def.element);
      return (value) => Array.isArray(value) && value.every(element);
    }
    case 'tuple': {
      const items = def.items.map(acceptsFrom);
      return (value) =>
        Array.isArray(value) &&
        value.length === items.length &&
        items.every((item, index) => item(value[index]));
    }
    case 'pipe': {
      const first = acceptsFrom(def.in);
      const second = acceptsFrom(def.out);
      return (value) => first(value) && second(value);
    }
    case 'object':
      return acceptsMembers(def);
    case 'custom':
      return (value) => def.fn(value as never) === true;
    default:
      return () => false;
  }
}

/** Only for loose objects: members that the shape does not know are not looked at. */
function acceptsMembers({ shape, catchall }: z.core.$ZodObjectDef): Accepts {
  if (catchall?._zod.def.type !== 'unknown') return () => false;
  const members = Object.entries(shape).map(
    ([name, schema]) => [name, acceptsFrom(schema)] as const,
  );
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    if (value instanceof ExactNumber) return false;
    for (const [name, member] of members) {
      if (!member((value as Readonly<Record<string, unknown>>)[name])) return false;
    }
    return true;
  };
}

function acceptsCheck(check: z.core.$ZodCheck<never>): Accepts {
  const { def } = check._zod as (z.core.$ZodChecks | z.core.$ZodCustom)['_zod'];
  switch (def.check) {
    case 'max_length':
      return (value) => (value as string | unknown[]).length <= def.maximum;
    case 'min_length':
      return (value) => (value as string | unknown[]).length >= def.minimum;
    case 'custom':
      return (value) => def.fn(value as never) === true;
    default:
      return () => false;
  }
}
