import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOCK_ERROR_NS_MAX, clockErrorNs, sdkOfSpans } from '../../src/domain/clock-error.ts';

test('an SDK is believed as far as its clock goes', () => {
  const cases: readonly (readonly [sdk: string | null, errorNs: number])[] = [
    ['typescript', 1_000_000],
    ['nodejs', 1_000_000],
    ['webjs', 1_000_000],
    ['python', 0],
    ['go', 0],
    ['rust', 0],
    ['java', 0],
    ['', 0],
    [null, 0],
    ['constructor', 0],
    ['__proto__', 0],
  ];
  for (const [sdk, errorNs] of cases) {
    assert.equal(clockErrorNs(sdk), errorNs, String(sdk));
    assert.ok(errorNs <= CLOCK_ERROR_NS_MAX);
  }
});

test('spans tell their SDK by their resource, else by the name of their instrumentation', () => {
  const cases: readonly (readonly [language: string | null, scope: string, sdk: string | null])[] =
    [
      ['nodejs', '@opentelemetry/instrumentation-http', 'nodejs'],
      ['webjs', '@opentelemetry/instrumentation-fetch', 'webjs'],
      ['python', 'opentelemetry.instrumentation.django', 'python'],
      // A bridge that passes on what another SDK made says so in the resource.
      ['go', '@opentelemetry/instrumentation-pg', 'go'],
      [null, '@opentelemetry/instrumentation-pg', 'nodejs'],
      ['', '@prisma/instrumentation', 'nodejs'],
      [null, 'go.opentelemetry.io/contrib/instrumentation/net/http', null],
      [null, '@', null],
      [null, '', null],
    ];
  for (const [language, scope, sdk] of cases) assert.equal(sdkOfSpans(language, scope), sdk, scope);
});

test('starts that OpenTelemetry for JavaScript cut to milliseconds order nothing that is nearer', () => {
  const sdk = sdkOfSpans('nodejs', '');
  assert.equal(clockErrorNs(sdk), 1_000_000);
  assert.equal(clockErrorNs(sdkOfSpans('go', '')), 0);
});
