import { z } from 'zod';
import type { ExclusionRule } from '../../domain/exclusion.ts';
import { tables } from './key.ts';
import { member, type Reading } from './named-key.ts';

/** More than any route or user agent has. */
const TEXT_CHARACTERS_MAX = 512;
/** A part of a route that varies, as frameworks write it. */
const PARAMETER = /\/(?:\{[^/]*\}|:[^/]+|<[^/]*>)/;

/** One `[[analysis.exclude]]` table. */
const exclusionRuleSchema = z.strictObject({
  service: member(readText).optional(),
  route: member(readRoute).optional(),
  user_agent: member(readText).optional(),
});

/** The key `analysis.exclude`. */
export const exclusionRules = tables(
  exclusionRuleSchema,
  {
    expects: 'tables, each [[analysis.exclude]] with service, route or user_agent',
    unset: 'nothing is left out',
    example: '[{ route = "GET /health*" }, { user_agent = "*Googlebot*" }]',
    isShown: true,
  },
  'What is stored and shown, but neither compared nor learnt: health checks, bots, load tests. Write a table `[[analysis.exclude]]` with `service`, `route` (a path, or method and path) and `user_agent` for each; of several members all must hold, `*` stands for any characters. With a request goes what it causes. Holds for what is stored from the next start on. See docs/analysis.md.',
);

/** What is wrong with rules whose members are right; `item` counts from 1. */
export function exclusionFaults(
  rules: readonly ExclusionRule[],
): { item: number; reason: string }[] {
  return rules.flatMap((rule, index) => {
    const texts = Object.values(rule).filter((text) => text !== undefined);
    const item = index + 1;
    if (texts.length === 0) {
      return [{ item, reason: 'says nothing; name a service, a route or a user_agent' }];
    }
    if (texts.every((text) => /^\**$/.test(text))) {
      return [{ item, reason: 'leaves out everything; race_detection.enabled = false says so' }];
    }
    return [];
  });
}

function readText(value: unknown): Reading<string> {
  const isText =
    typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_CHARACTERS_MAX;
  if (isText) return { value };
  return { fault: `must be a text of up to ${TEXT_CHARACTERS_MAX} characters; * stands for any` };
}

function readRoute(value: unknown): Reading<string> {
  const reading = readText(value);
  if ('value' in reading && PARAMETER.test(reading.value)) {
    return { fault: 'has a parameter; write * for what differs from call to call' };
  }
  return reading;
}
