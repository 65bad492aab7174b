import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeConfig } from '../../src/config/describe.ts';
import { variablesOf } from '../../src/config/environment.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { keys } from '../../src/config/schema.ts';
import { type ConfigSketch, load } from '../support/config.ts';

const runs = 200;
const canary = 'c4n4ryS3cr3tc4n4ry';

/** Texts near to what people write: the characters that mean something, and the secret. */
const nearText = fc
  .array(
    fc.oneof(
      fc.constantFrom(canary, 'postgresql://', '${', '}', 'true', '127.0.0.1', '[', ']', '"', "'"),
      fc.constantFrom(
        ':',
        '/',
        '@',
        '?',
        '#',
        '%',
        '%zz',
        '=',
        '&',
        ',',
        ' ',
        '\n',
        '\\',
        'sslmode',
      ),
      fc.constantFrom(
        '\u0000',
        '\ud800',
        '\ufeff',
        '9'.repeat(20),
        '1e3',
        '-',
        '0',
        'https://',
        '*',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const names = keys.flatMap(({ name }) => [name, `${name.slice(0, -1)}x`]);
const tomlValue = fc.oneof(
  nearText.map((text) => JSON.stringify(text)),
  fc.constantFrom('1', '-1', '1.5', 'nan', 'inf', 'true', '[]', '{}', '[[]]', '[1]', '1979-05-27'),
  fc.array(nearText, { maxLength: 3 }).map((texts) => JSON.stringify(texts)),
  nearText,
);
const toml = fc
  .array(fc.tuple(fc.constantFrom(...names, '__proto__', 'a.constructor'), tomlValue))
  .map((lines) => lines.map(([name, value]) => `${name} = ${value}`).join('\n'));
const variables = fc.dictionary(fc.constantFrom(...keys.flatMap(variablesOf)), nearText, {
  maxKeys: 5,
});

test('whatever is written is a configuration or a readable message', () => {
  const sketches = fc.record(
    { toml, environment: variables, host: nearText, port: nearText },
    { requiredKeys: ['environment'] },
  );
  fc.assert(
    fc.property(sketches, (sketch) => {
      const message = outcome(sketch);
      assert.doesNotMatch(message, /undefined|\[object|NaN |\n\n/);
    }),
    { numRuns: runs },
  );
});

test('a secret is never shown, whatever stands around it', () => {
  const around = fc.tuple(
    fc.constantFrom('RACEWAY_API_KEYS', 'RACEWAY_POSTGRES_CONNECTION'),
    fc.tuple(nearText, nearText),
  );
  fc.assert(
    fc.property(around, ([variable, [before, after]]) => {
      const shown = outcome({ environment: { [variable]: before + canary + after } });
      // Host, user and database of a connection that is good are meant to be seen.
      if (shown.startsWith('server.host')) return;
      assert.ok(!shown.includes(canary), shown);
    }),
    { numRuns: runs },
  );
});

/** The description of a configuration, or the message that refuses it. */
function outcome(sketch: ConfigSketch): string {
  try {
    return describeConfig(load(sketch));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(error.faults.length > 0);
    return error.message;
  }
}
