import type { AlertReceiver } from '../config/values/alert.ts';
import { type Evidence, evidenceLevels } from '../domain/findings/finding.ts';
import type { Issue } from '../domain/findings/issue.ts';
import { type News, newsOf } from '../domain/findings/triage.ts';
import type { NotedIssue } from '../storage/alert-store.ts';

/** What a receiver wants to be told of. */
export type Wish = Pick<AlertReceiver, 'on' | 'evidence' | 'services'>;

/** What there is to tell a receiver of an issue, by what it was told before; null: nothing. */
export function newsFor(wish: Wish, issue: Issue, noted: NotedIssue | null): News | null {
  const { evidence, subject } = issue;
  if (levelOf(evidence) < levelOf(wish.evidence)) return null;
  if (wish.services !== null && !subject.services.some((name) => wish.services?.includes(name))) {
    return null;
  }
  const news = newsOf(issue, noted);
  // What was too weak to be told of is new to whoever is told now.
  const wasTold = noted !== null && levelOf(noted.evidence) >= levelOf(wish.evidence);
  const told = news === 'escalated' && !wasTold ? 'new' : news;
  return told !== null && wish.on.includes(told) ? told : null;
}

/** Whether an issue is still to be told of when its turn comes. */
export function isWorthTelling(issue: Issue): boolean {
  const { state } = issue.disposition;
  return issue.count > 0 && state !== 'ignored' && state !== 'resolved';
}

function levelOf(level: Evidence): number {
  return evidenceLevels.indexOf(level);
}
