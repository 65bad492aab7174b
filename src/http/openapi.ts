import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import type { App } from './app.ts';
import { failure } from './wire.ts';

/** What has no JSON Schema (numbers beyond doubles) is described by its `meta`. */
const zodToJsonConfig = { unrepresentable: 'any' } as const;
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
          header: { type: 'apiKey', in: 'header', name: 'X-Raceway-Key' },
        },
      },
      security: [{ bearer: [] }, { header: [] }],
    },
    transform: (input) => {
      const { schema, route } = input;
      const response = { ...(schema?.response as object | undefined), default: failure };
      const security = route.config?.public === true ? { security: [] } : {};
      return transform({ ...input, schema: { ...schema, ...security, response } });
    },
    transformObject,
  });
}

/** `GET /openapi.json`; the document is made once, on the first request. */
export function documentRoute(app: App): void {
  app.get('/openapi.json', { schema: { summary: 'This document' } }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())),
  );
}
