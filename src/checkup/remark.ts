/**
 * `outside`: it cannot be seen from here, and the fix says how to see it. `unknown`: it could be
 * seen, but not this time.
 */
export type Verdict = 'pass' | 'warn' | 'fail' | 'outside' | 'unknown';

/** One line of a check-up. */
export interface Remark {
  readonly verdict: Verdict;
  readonly subject: string;
  /** What was found, without secrets. */
  readonly detail: string;
  /** What to do about it, perhaps lines to paste; null when there is nothing to do. */
  readonly fix: string | null;
}

export function pass(subject: string, detail: string): Remark {
  return { verdict: 'pass', subject, detail, fix: null };
}

export function remark(verdict: Verdict, subject: string, detail: string, fix: string): Remark {
  return { verdict, subject, detail, fix };
}

/** Remarks for a terminal, each with its fix below, and how many there are of each verdict. */
export function remarkLines(remarks: readonly Remark[]): string {
  const lines = remarks.flatMap(({ verdict, subject, detail, fix }) => [
    `${verdict.padEnd(8)}${subject}: ${detail}`,
    ...(fix === null ? [] : fix.split('\n').map((line) => `${' '.repeat(8)}${line}`.trimEnd())),
  ]);
  const counts = new Map<Verdict, number>();
  for (const { verdict } of remarks) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const total = [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  return [...lines, '', total].join('\n');
}
