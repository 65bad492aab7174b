import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApiText } from '../../scripts/openapi-text.ts';
import { repositoryRoot } from '../support/repository.ts';

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: { type?: string; minimum?: number; maximum?: number; format?: string };
  }[];
  readonly responses?: { readonly default?: { readonly content?: object } };
}

test('openapi.json is what the server answers (npm run openapi)', async () => {
  const text = await openApiText();
  assert.equal(readFileSync(join(repositoryRoot, 'openapi.json'), 'utf8'), text);
});

test('the document carries the bounds and formats that the server enforces on a query', () => {
  const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
    readFileSync(join(repositoryRoot, 'openapi.json'), 'utf8'),
  );
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const { parameters = [], responses } of Object.values(operations)) {
      for (const { name, in: place, schema } of parameters) {
        if (place !== 'query') continue;
        if (name === 'page' || name === 'page_size' || name === 'per_page') {
          assert.equal(schema.type, 'integer', `${path} ${name}`);
          assert.ok(schema.minimum === 1 && schema.maximum !== undefined, `${path} ${name}`);
        }
        if (path.startsWith('/api/') && (name === 'since' || name === 'until')) {
          assert.equal(schema.format, 'date-time', `${path} ${name}`);
        }
      }
      const content = responses?.default?.content ?? { 'application/json': {} };
      const protobuf = path.startsWith('/v1/') ? ['application/x-protobuf'] : [];
      assert.deepEqual(Object.keys(content), ['application/json', ...protobuf], path);
      assert.ok(
        Object.keys(responses ?? {}).some((status) => /^[23]/.test(status)),
        path,
      );
    }
  }
});
