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
