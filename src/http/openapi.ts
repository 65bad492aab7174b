import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { App } from './context.ts';
import { failure } from './wire.ts';

const PROTOBUF = 'application/x-protobuf';

/** What a client that names the tag of what it has is told (src/http/front/revalidation.ts). */
const unchanged = z
  .null()
  .describe('Nothing changed since the reply whose ETag is in If-None-Match.');

type ZodToJson = NonNullable<Parameters<typeof createJsonSchemaTransform>[0]['zodToJsonConfig']>;

const zodToJsonConfig: ZodToJson = {
  // What has no JSON Schema (numbers beyond doubles) is described by its `meta`.
  unrepresentable: 'any',
  override({ jsonSchema }) {
    // Every integer of zod's has these bounds, which say nothing.
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
};
const transform = createJsonSchemaTransform({ zodToJsonConfig });
const transformObject = createJsonSchemaTransformObject({ zodToJsonConfig });

/** Makes the OpenAPI document from the schemas that validate requests; before the routes. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Raceway',
        version,
        description: 'Collects events and tells which requests raced, why, and what was slow.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic', description: 'The key is the password.' },
          header: { type: 'apiKey', in: 'header', name: 'X-Raceway-Key' },
        },
      },
    },
    transform: (input) => {
      const { schema, route } = input;
      const { public: isPublic, optionalKey, scope = 'admin' } = route.config ?? {};
      const isTagged = scope === 'read' && route.method === 'GET';
      const response = {
        ...(schema?.response as object | undefined),
        ...(isTagged ? { 304: unchanged } : {}),
        default: failure,
      };
      const keys = [{ bearer: [scope] }, { basic: [scope] }, { header: [scope] }];
      const security = { security: isPublic === true || optionalKey === true ? [] : keys };
      return transform({ ...input, schema: { ...schema, ...security, response } });
    },
    transformObject: (input) => withJsonFailures(withoutUnusedSchemas(transformObject(input))),
  });
}

interface Answer {
  readonly description?: string;
  content?: Record<string, object>;
}

/**
 * A failure is JSON on each route, whatever the route produces otherwise; exporters of OpenTelemetry get
 * theirs in the format of their request. What a route produces is also what it answers when it says no more.
 */
function withJsonFailures<Document extends object>(document: Document): Document {
  const { paths } = document as unknown as {
    paths: Record<string, Record<string, { responses?: Record<string, Answer> }>>;
  };
  for (const operations of Object.values(paths)) {
    for (const { responses } of Object.values(operations)) {
      const produced = responses?.['default']?.content;
      if (responses?.['default'] === undefined || produced === undefined) continue;
      const [[, content = {}] = []] = Object.entries(produced);
      const failures = PROTOBUF in produced ? { [PROTOBUF]: {} } : {};
      responses['default'].content = { 'application/json': content, ...failures };
      if (Object.keys(responses).some((status) => status.startsWith('2'))) continue;
      const types = Object.keys(produced).map((type) => [type, {}] as const);
      responses['200'] = { description: 'Default Response', content: Object.fromEntries(types) };
    }
  }
  return document;
}

/**
 * The type provider makes two components of each schema, one for requests and one for replies;
 * this leaves those out that nothing refers to.
 */
function withoutUnusedSchemas(document: object): object {
  const { paths, components } = document as { paths: object; components: { schemas: object } };
  const schemas: Record<string, unknown> = { ...components.schemas };
  for (;;) {
    const text = JSON.stringify({ paths, schemas });
    const unused = Object.keys(schemas).filter((name) => !text.includes(`/schemas/${name}"`));
    if (unused.length === 0) return { ...document, components: { ...components, schemas } };
    for (const name of unused) delete schemas[name];
  }
}

/** `GET /openapi.json`; the document is made once, on the first request. */
export function documentRoute(app: App): void {
  app.get(
    '/openapi.json',
    {
      config: { scope: 'read' },
      schema: { summary: 'This document', produces: ['application/json'] },
    },
    async (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
  );
}
