import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openApiText } from '../../scripts/openapi-text.ts';
import { repositoryRoot } from '../support/repository.ts';

test('openapi.json is what the server answers (npm run openapi)', async () => {
  const text = await openApiText();
  assert.equal(readFileSync(join(repositoryRoot, 'openapi.json'), 'utf8'), text);
});
