/**
 * `outside`: it cannot be seen from here, and the fix says how to see it. `unknown`: it could be
 * seen, but not this time.
 */
export type RemarkLevel = 'pass' | 'warn' | 'fail' | 'outside' | 'unknown';

/** One line of a check-up. */
export interface Remark {
  readonly level: RemarkLevel;
  readonly subject: string;
  /** What was found, without secrets. */
  readonly detail: string;
  /** What to do about it, perhaps lines to paste; null when there is nothing to do. */
  readonly fix: string | null;
}

export function pass(subject: string, detail: string): Remark {
  return { level: 'pass', subject, detail, fix: null };
}

export function remark(level: RemarkLevel, subject: string, detail: string, fix: string): Remark {
  return { level, subject, detail, fix };
}

/** Remarks for a terminal, each with its fix below, and how many there are of each level. */
export function remarkLines(remarks: readonly Remark[]): string {
  const lines = remarks.flatMap(({ level, subject, detail, fix }) => [
    `${level.padEnd(8)}${subject}: ${detail}`,
    ...(fix === null ? [] : fix.split('\n').map((line) => `${' '.repeat(8)}${line}`.trimEnd())),
  ]);
  const counts = new Map<RemarkLevel, number>();
  for (const { level } of remarks) counts.set(level, (counts.get(level) ?? 0) + 1);
  const total = [...counts].map(([level, count]) => `${count} ${level}`).join(', ');
  return [...lines, '', total].join('\n');
}
