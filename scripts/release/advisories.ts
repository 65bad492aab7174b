/** What `npm audit --json` says: whether it can be told, and what of it keeps a release back. */
export type AuditOutcome =
  | { readonly kind: 'unanswered'; readonly reason: string }
  | {
      readonly kind: 'answered';
      readonly blocking: readonly string[];
      readonly otherCount: number;
    };

const blockingSeverities = ['high', 'critical'];

/** Reads the answer of the registry's advisory check; a registry without one answers an error. */
export function readAudit(output: string): AuditOutcome {
  const answer = parsed(output);
  const vulnerabilities = answer?.['vulnerabilities'];
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null) {
    const { message, error } = (answer ?? {}) as { message?: string; error?: { summary?: string } };
    return { kind: 'unanswered', reason: message ?? error?.summary ?? 'no answer in JSON' };
  }
  const found = Object.values(vulnerabilities) as { name: string; severity: string }[];
  const blocking = found.filter(({ severity }) => blockingSeverities.includes(severity));
  return {
    kind: 'answered',
    blocking: blocking.map(({ name, severity }) => `${name} (${severity})`),
    otherCount: found.length - blocking.length,
  };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
