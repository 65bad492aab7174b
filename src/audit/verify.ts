import { createReadStream } from 'node:fs';
import { type ChainHead, type ChainLink, noHash, readLink } from './chain.ts';

/** Far above any line that is written; what is longer is another file. */
const lineBytesMax = 1024 * 1024;
/** Lines of the ordinary log, which share standard output with the audit log. */
const otherLogLine = '{"level":"';

/** One chain, as far as the files hold it. */
export interface VerifiedChain {
  readonly chain: string;
  readonly first: ChainLink;
  readonly last: ChainLink;
}

export interface AuditFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The rest of a sentence about the line. */
  readonly reason: string;
}

export interface Verification {
  readonly chains: readonly VerifiedChain[];
  readonly lineCount: number;
  /** The first place where the files are not what was written; null when there is none. */
  readonly fault: AuditFault | null;
  /** Whether a line has the hash that was asked for. */
  readonly isExpectedFound: boolean;
}

/** Follows the chains through files, in order, up to the first line that does not belong. */
export async function verifyAudit(
  files: readonly string[],
  expectedHash: string | null = null,
): Promise<Verification> {
  const chains = new Map<string, VerifiedChain>();
  let lineCount = 0;
  let isExpectedFound = false;
  const outcome = (fault: AuditFault | null): Verification => ({
    chains: [...chains.values()],
    lineCount,
    fault,
    isExpectedFound,
  });
  for (const file of files) {
    let line = 0;
    for await (const { text, isWhole } of linesOf(file)) {
      line += 1;
      if (text.startsWith(otherLogLine)) continue;
      const link = isWhole ? readLink(text) : { fault: 'has no end: the file was cut in it' };
      const before = 'fault' in link ? undefined : chains.get(link.chain)?.last;
      const reason = 'fault' in link ? link.fault : gapBetween(before, link);
      if (reason !== null || 'fault' in link) {
        return outcome({ file, line, reason: reason ?? '' });
      }
      const first = chains.get(link.chain)?.first ?? link;
      chains.set(link.chain, { chain: link.chain, first, last: link });
      lineCount += 1;
      isExpectedFound ||= link.hash === expectedHash;
    }
  }
  return outcome(null);
}

/** Why a line cannot follow another one; null when it does. */
function gapBetween(before: ChainHead | undefined, link: ChainLink): string | null {
  if (before === undefined) {
    if (link.seq === 1 && link.previous !== noHash) return 'is called the first but is not';
    return null;
  }
  if (link.seq !== before.seq + 1) {
    const [from, to] = [before.seq + 1, link.seq - 1];
    if (to < from) return `has number ${link.seq} and stands behind number ${before.seq}`;
    return `follows a gap: ${from === to ? `number ${from} is` : `numbers ${from} to ${to} are`} missing`;
  }
  return link.previous === before.hash ? null : 'does not follow the line before: that was changed';
}

/** The lines of a file as `latin1`; the last may lack its end. */
async function* linesOf(file: string): AsyncGenerator<{ text: string; isWhole: boolean }> {
  let rest = '';
  for await (const chunk of createReadStream(file)) {
    const parts = (rest + (chunk as Buffer).toString('latin1')).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) yield { text, isWhole: true };
    if (rest.length > lineBytesMax) break;
  }
  if (rest !== '') yield { text: rest, isWhole: false };
}
