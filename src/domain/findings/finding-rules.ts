import type { IssueSubject, Pattern } from './finding.ts';

/** A rule of the configuration: which issues nobody wants to hear of. Members that are null ask nothing. */
export interface IgnoreRule {
  /** The pattern of a variable; `*` stands for any characters. */
  readonly variable: string | null;
  /** The place of one of the two sites; `*` stands for any characters. */
  readonly place: string | null;
  readonly pattern: Pattern | null;
  /** A service of one of the two sites. */
  readonly service: string | null;
  readonly reason: string;
  /** When the rule ends, in milliseconds since 1970; null: never. */
  readonly expiresMs: number | null;
}

/** Who looks after issues; of several rules the first that fits. One of the two says where. */
export interface OwnerRule {
  readonly service: string | null;
  /** How the place of one of the two sites begins. */
  readonly path: string | null;
  readonly name: string;
}

/** What the configuration says of issues. */
export interface FindingRules {
  readonly ignore: readonly IgnoreRule[];
  readonly owners: readonly OwnerRule[];
}

export const noRules: FindingRules = { ignore: [], owners: [] };

/** Who looks after an issue by the first rule that fits; null: nobody. */
export function ownerOf(
  owners: readonly OwnerRule[],
  { services, sites }: IssueSubject,
): string | null {
  const rule = owners.find(
    ({ service, path }) =>
      (service === null || services.includes(service)) &&
      (path === null || sites.some(({ location }) => location.startsWith(path))),
  );
  return rule?.name ?? null;
}

/** The reason of the first rule that ignores an issue; null: none does. */
export function ignoringRule(
  rules: readonly IgnoreRule[],
  subject: IssueSubject,
  pattern: Pattern,
): string | null {
  return rules.find((rule) => ignores(rule, subject, pattern))?.reason ?? null;
}

function ignores(rule: IgnoreRule, { variable, sites, services }: IssueSubject, pattern: Pattern) {
  const { place, service } = rule;
  return (
    (rule.pattern === null || rule.pattern === pattern) &&
    (service === null || services.includes(service)) &&
    (rule.variable === null || isLike(variable, rule.variable)) &&
    (place === null || sites.some(({ location }) => isLike(location, place)))
  );
}

/** Whether a text is as a mask says, in which `*` stands for any characters. */
function isLike(text: string, mask: string): boolean {
  const [head = '', ...parts] = mask.split('*');
  const tail = parts.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head) || text.length < head.length + tail.length) return false;
  let at = head.length;
  const end = text.length - tail.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return text.endsWith(tail);
}
