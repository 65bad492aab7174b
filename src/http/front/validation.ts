import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { nearest } from '../../config/spelling.ts';
import { RacewayError } from '../../domain/errors.ts';
import { faultText } from '../../domain/event/fault-text.ts';
import { pathText } from '../../domain/event/read-event.ts';

/** Checks a part of a request by its schema; what it refuses is a sentence that says what and where. */
export const checkBySchema: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const place = httpPart === 'querystring' ? 'query' : (httpPart ?? 'request');
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const error: z.core.$ZodErrorMap = (issue) => {
    if (issue.code === 'unrecognized_keys') return unknownNames(issue.keys, known);
    if (place === 'query' && Array.isArray(issue.input)) return 'may be given only once';
    return faultText(issue);
  };
  return (value: unknown) => {
    const result = schema.safeParse(value, { error });
    if (result.success) return { value: result.data };
    const faults = result.error.issues.map(
      ({ path, message }) => `${pathText([place, ...path.map(String)])}: ${message}`,
    );
    return { error: new RacewayError('bad_request', faults.join('; ')) };
  };
};

/** Reads a body that is JSON before its schema checks it. */
export async function readJsonBody(request: FastifyRequest): Promise<void> {
  const { body } = request;
  try {
    request.body = body instanceof Buffer ? JSON.parse(body.toString()) : undefined;
  } catch {
    throw new RacewayError('invalid_json', 'the body is no JSON');
  }
}

function unknownNames(names: readonly string[], known: readonly string[]): string {
  const list = names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ');
  const likely = names.length === 1 ? nearest(names[0] ?? '', known) : null;
  if (likely !== null) return `there is no parameter ${list}; did you mean ${likely}?`;
  const all = known.length === 0 ? 'none are known here' : `known are ${known.join(', ')}`;
  return `there is no parameter ${list}; ${all}`;
}
