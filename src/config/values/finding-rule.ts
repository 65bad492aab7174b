import { z } from 'zod';
import { patterns } from '../../domain/findings/finding.ts';
import type { FindingRules } from '../../domain/findings/finding-rules.ts';
import { tables } from './key.ts';
import { member, type Reading, readInstant } from './named-key.ts';

/** More than any name or place in the code has. */
const TEXT_CHARACTERS_MAX = 512;

const ignoreSchema = z.strictObject({
  variable: member(readText).optional(),
  place: member(readText).optional(),
  pattern: member(readPattern).optional(),
  service: member(readText).optional(),
  reason: member(readText),
  expires_at: member(readInstant).optional(),
});

const ownerSchema = z.strictObject({
  service: member(readText).optional(),
  path: member(readText).optional(),
  name: member(readText),
});

/** The keys of `findings`. */
export const findingKeys = {
  ignore: tables(
    ignoreSchema,
    {
      expects: 'tables, each [[findings.ignore]] with a reason and what it is about',
      unset: 'no rule ignores any',
      example: '[{ variable = "db:sessions*", reason = "the last login wins" }]',
      isShown: true,
    },
    'Races that nobody wants to hear of: they are left out of lists, counts and alerts. Write a table `[[findings.ignore]]` for each, with `reason` and at least one of `variable`, `place` (in the code), `pattern` and `service`; of several all must hold, `*` stands for any characters in the first two. `expires_at` ends the rule. See docs/triage.md.',
  ),
  owner: tables(
    ownerSchema,
    {
      expects: 'tables, each [[findings.owner]] with name, and service or path',
      unset: 'nobody is named',
      example: '[{ service = "checkout", name = "team shop" }]',
      isShown: true,
    },
    'Who looks after races: `name`, for those of a `service`, or with a place in the code that begins with `path`. The first table that fits counts, and an assignee counts more. Write a table `[[findings.owner]]` for each. See docs/triage.md.',
  ),
};

interface FindingSettings {
  readonly ignore: readonly z.output<typeof ignoreSchema>[];
  readonly owner: readonly z.output<typeof ownerSchema>[];
}

/** The rules as they are written, of which those that have expired count no more. */
export function findingRules({ ignore, owner }: FindingSettings): FindingRules {
  return {
    ignore: ignore.map(({ variable, place, pattern, service, reason, expires_at: expires }) => ({
      variable: variable ?? null,
      place: place ?? null,
      pattern: pattern ?? null,
      service: service ?? null,
      reason,
      expiresMs: expires ?? null,
    })),
    owners: owner.map(({ service, path, name }) => ({
      service: service ?? null,
      path: path ?? null,
      name,
    })),
  };
}

/** What is wrong with rules whose members are right. */
export function findingFaults({ ignore, owner }: FindingSettings): {
  key: string;
  reason: string;
}[] {
  const silent = ignore.flatMap(({ reason: _, expires_at: _expires, ...about }, index) => {
    const texts = Object.values(about).filter((text) => text !== undefined);
    const item = `item ${index + 1}`;
    const key = 'findings.ignore';
    if (texts.length === 0) {
      const reason = `${item} says nothing; name a variable, a place, a pattern or a service`;
      return [{ key, reason }];
    }
    if (!texts.every((text) => /^\*+$/.test(text))) return [];
    const reason = `${item} ignores everything; race_detection.enabled = false says so`;
    return [{ key, reason }];
  });
  const nowhere = owner.flatMap(({ service, path }, index) =>
    service === undefined && path === undefined
      ? [{ key: 'findings.owner', reason: `item ${index + 1} needs a service or a path` }]
      : [],
  );
  return [...silent, ...nowhere];
}

/** A warning for each rule that has expired. */
export function expiredRules({ ignore }: FindingSettings, nowMs: number): string[] {
  return ignore.flatMap(({ reason, expires_at: expires }, index) =>
    expires === undefined || expires > nowMs
      ? []
      : [
          `findings.ignore, item ${index + 1} (${JSON.stringify(reason)}), has expired at ` +
            `${new Date(expires).toISOString()}: its races are listed again. Remove it or renew it.`,
        ],
  );
}

function readText(value: unknown): Reading<string> {
  const isText =
    typeof value === 'string' && value.trim() !== '' && value.length <= TEXT_CHARACTERS_MAX;
  if (isText) return { value };
  return { fault: `must be a text of up to ${TEXT_CHARACTERS_MAX} characters` };
}

function readPattern(value: unknown): Reading<(typeof patterns)[number]> {
  const pattern = patterns.find((one) => one === value);
  return pattern === undefined
    ? { fault: `must be one of ${patterns.join(', ')}` }
    : { value: pattern };
}
