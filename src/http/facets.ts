import { z } from 'zod';
import type { Facet } from '../domain/facet.ts';

/** The values of one member on the wire. */
export const facet = z
  .object({
    values: z.array(z.object({ value: z.string(), count: z.int() })).readonly(),
    left_out: z.int().describe('Further values that are not listed.'),
  })
  .meta({ id: 'Facet' });

export function facetToWire({ values, leftOut }: Facet): z.infer<typeof facet> {
  return { values, left_out: leftOut };
}

/** The filters of a query that are given, each with the query without it. */
export function withoutEach<Query extends object>(query: Query): (readonly [string, Query])[] {
  return Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => [name, { ...query, [name]: undefined }] as const);
}
