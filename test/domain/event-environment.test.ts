import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartsReader } from '../../src/domain/event/event-parts.ts';
import { parseJson } from '../../src/domain/json.ts';

const texts = [
  '{"environment":"production","tags":{}}',
  '{ "tags": {"environment":"x"}, "environment" : "production" }',
  '{"environment": "production", "tags": {"environment": "x"}}',
  '{"tags":{"a":"\\"environment\\":\\"x\\""},"environment":"production"}',
  '{"tags":{"a":"environment"},"environment":"production"}',
  '{"tags":{"environment":"x"},"environ\\u006dent":"production"}',
  '{"environment":"","tags":{}}',
  '{"environment":"a\\"b","tags":{}}',
  '{"environment":"😀","tags":null}',
  '{"tags":{"not environment":"x"},"environment":"production"}',
];

test('the environment is the member of that name, wherever else it stands', () => {
  for (const metadata of texts) {
    const whole = parseJson(metadata).value as { environment: string };
    assert.equal(new PartsReader().environment({ metadata }), whole.environment, metadata);
  }
});
