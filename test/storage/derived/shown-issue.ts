import type { Finding, IssueSubject } from '../../../src/domain/findings/finding.ts';
import type { Issue } from '../../../src/domain/findings/issue.ts';
import { dispositionOf } from '../../../src/domain/findings/triage.ts';
import { stringifyJson } from '../../../src/domain/json.ts';

/** The issue of some findings, the best first, as it is shown. */
export function issueOf(about: IssueSubject, findings: readonly [Finding, ...Finding[]]): Issue {
  const [best] = findings;
  return {
    subject: about,
    fingerprint: about.fingerprint.slice(0, 16),
    evidence: best.evidence,
    pattern: best.pattern,
    anomalyClass: best.anomalyClass,
    verdict: best.verdict,
    count:
      findings.reduce((sum, { provenPairs }) => sum + provenPairs, 0) ||
      findings.reduce((sum, { overlappingPairs }) => sum + overlappingPairs, 0),
    pairsPossible: findings.reduce((sum, { overlappingPairs }) => sum + overlappingPairs, 0),
    tracePairs: 0,
    firstNs: String(
      findings.map(({ firstNs }) => BigInt(firstNs)).reduce((a, b) => (a < b ? a : b)),
    ),
    lastNs: String(findings.map(({ lastNs }) => BigInt(lastNs)).reduce((a, b) => (a > b ? a : b))),
    firstReleases: [],
    lastReleases: [],
    witnesses: findings.map(({ witness }) => stringifyJson(witness as never, true)),
    disposition: dispositionOf(null, null),
  };
}
