import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type ApiDocument,
  type ApiSchema,
  breakingChanges,
} from '../../scripts/release/breaking-changes.ts';
import { repositoryRoot } from '../support/repository.ts';

function read(path: string): ApiDocument {
  return JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));
}

test('the API keeps what the last release promised', () => {
  assert.deepEqual(
    breakingChanges(read('test/fixtures/released/openapi.json'), read('openapi.json')),
    [],
  );
});

/** An API of one route, whose body and reply have these schemas. */
function api(reply: ApiSchema, request: ApiSchema = {}): ApiDocument {
  const json = (schema: ApiSchema) => ({ content: { 'application/json': { schema } } });
  return {
    paths: {
      '/things': {
        post: {
          parameters: [{ in: 'query', name: 'page', schema: { type: 'integer', maximum: 100 } }],
          requestBody: json(request),
          responses: { 200: json(reply) },
        },
      },
    },
    components: { schemas: { Named: { type: 'object', properties: { a: { type: 'string' } } } } },
  };
}

const thing: ApiSchema = {
  type: 'object',
  properties: { id: { type: 'string' }, size: { type: 'integer' } },
  required: ['id'],
};
const nullable: ApiSchema = { anyOf: [{ type: 'string' }, { type: 'null' }] };

const replies: readonly [string, ApiSchema, ApiSchema, readonly string[]][] = [
  ['a member more', thing, { ...thing, properties: { ...thing.properties, more: {} } }, []],
  [
    'a member less',
    thing,
    { ...thing, properties: { id: { type: 'string' } } },
    ['member size is gone'],
  ],
  [
    'a member that may be absent',
    thing,
    { ...thing, required: [] },
    ['member id may now be absent'],
  ],
  ['a member that is always there', thing, { ...thing, required: ['id', 'size'] }, []],
  ['another type', { type: 'string' }, { type: 'integer' }, ['integer where there was string']],
  ['a wider number', { type: 'integer' }, { type: 'number' }, ['number where there was integer']],
  ['a narrower number', { type: 'number' }, { type: 'integer' }, []],
  ['null where there was none', { type: 'string' }, nullable, ['null where there was string']],
  ['null no more', nullable, { type: 'string' }, []],
  ['the same in another spelling', nullable, { type: ['string', 'null'] }, []],
  ['a value more', { type: 'string', enum: ['a'] }, { type: 'string', enum: ['a', 'b'] }, []],
  [
    'a fault in a list',
    { type: 'array', items: thing },
    { type: 'array', items: { ...thing, required: [] } },
    ['member id may now be absent'],
  ],
  [
    'a fault behind a name',
    { $ref: '#/components/schemas/Named' },
    { type: 'object', properties: {} },
    ['member a is gone'],
  ],
];

for (const [title, before, after, faults] of replies) {
  test(`in a reply: ${title}`, () => {
    const found = breakingChanges(api(before), api(after));
    assert.deepEqual(
      found.map((fault) => fault.replace(/^.*: /, '')),
      faults,
    );
  });
}

const requests: readonly [string, ApiSchema, ApiSchema, readonly string[]][] = [
  ['a member more', thing, { ...thing, properties: { ...thing.properties, more: {} } }, []],
  [
    'a member that is required now',
    { ...thing, required: [] },
    thing,
    ['member id is now required'],
  ],
  [
    'a member that is refused now',
    thing,
    { type: 'object', properties: { id: {} }, required: ['id'], additionalProperties: false },
    ['member size is gone'],
  ],
  ['another type', { type: 'string' }, { type: 'integer' }, ['string where there was integer']],
  ['a wider number', { type: 'integer' }, { type: 'number' }, []],
  ['null too', { type: 'string' }, nullable, []],
  ['null no more', nullable, { type: 'string' }, ['null where there was string']],
  [
    'a value less',
    { type: 'string', enum: ['a', 'b'] },
    { type: 'string', enum: ['a'] },
    ['only ["a"] is allowed now'],
  ],
  ['a lower limit', { maxLength: 5 }, { maxLength: 4 }, ['maxLength is now 4']],
  ['a higher limit', { maxLength: 4 }, { maxLength: 5 }, []],
  ['a new limit', { type: 'array' }, { type: 'array', minItems: 1 }, ['minItems is now 1']],
  ['a pattern', { type: 'string' }, { type: 'string', pattern: '^a' }, ['must now match ^a']],
];

for (const [title, before, after, faults] of requests) {
  test(`in a request: ${title}`, () => {
    const found = breakingChanges(api({}, before), api({}, after));
    assert.deepEqual(
      found.map((fault) => fault.replace(/^.*: /, '')),
      faults,
    );
  });
}

test('another form of a reply is no break where only a new parameter asks for it', () => {
  const other: ApiSchema = { type: 'object', properties: { b: {} }, 'x-asked-by': 'more' };
  const before = api(thing);
  const after = api({ anyOf: [thing, other] });
  const post = after.paths['/things']?.['post'];
  const asked = (name: string): ApiDocument => ({
    ...after,
    paths: {
      '/things': {
        post: { ...post, parameters: [...(post?.parameters ?? []), { in: 'query', name }] },
      },
    },
  });
  assert.deepEqual(breakingChanges(before, asked('more')), []);
  assert.equal(breakingChanges(before, asked('else')).length, 2);
  assert.equal(breakingChanges(asked('more'), api({ anyOf: [thing, other] })).length, 1);
});

test('routes, parameters, statuses and types of content stay', () => {
  const before = api(thing);
  const [path, operations] = Object.entries(before.paths)[0] ?? [];
  assert.ok(path !== undefined && operations?.['post'] !== undefined);
  const changed = (part: object): ApiDocument => ({
    ...before,
    paths: { [path]: { post: { ...operations['post'], ...part } } },
  });
  const required = { in: 'header', name: 'x', required: true };
  assert.deepEqual(
    [
      { paths: {} },
      changed({ parameters: [] }),
      changed({ parameters: [...(operations['post'].parameters ?? []), required] }),
      changed({ responses: {} }),
      changed({ responses: { 200: { content: { 'text/plain': {} } } } }),
      changed({ requestBody: { required: true, content: { 'application/json': {} } } }),
    ].map((after) => breakingChanges(before, after)),
    [
      ['POST /things is gone'],
      ['POST /things: parameter query page is gone'],
      ['POST /things: parameter header x is now required'],
      ['POST /things: status 200 is gone'],
      ['POST /things 200: application/json is gone'],
      ['POST /things: a body is now required'],
    ],
  );
});
