import { absorbedPatterns, actPatterns, type Pattern } from '../../../domain/findings/finding.ts';

/** An issue as far as it decides whether others say anything more. */
export interface ToldEntry {
  /** Of its best finding; null when there is none. */
  meeting: string | null;
  pattern: Pattern | null;
  /** Acts of the same operations on the same variable tell more. */
  isTold: boolean;
}

/** Issues by what met in them: where acts are told of, the rest of the meeting says nothing more. */
export class MeetingBook<Entry extends ToldEntry> {
  readonly #byMeeting = new Map<string, Set<Entry>>();

  /**
   * Notes what the best findings of some issues say now; gives the issues that are told from now on, or
   * not any more.
   */
  change(
    entries: readonly Entry[],
    bestOf: (entry: Entry) => Omit<ToldEntry, 'isTold'>,
  ): readonly Entry[] {
    const meetings = new Set<string>();
    for (const entry of entries) {
      if (entry.meeting !== null) {
        meetings.add(entry.meeting);
        this.#take(entry, entry.meeting);
      }
      const { meeting, pattern } = bestOf(entry);
      entry.meeting = meeting;
      entry.pattern = pattern;
      if (meeting === null) continue;
      meetings.add(meeting);
      const known = this.#byMeeting.get(meeting);
      if (known === undefined) this.#byMeeting.set(meeting, new Set([entry]));
      else known.add(entry);
    }
    const flipped = [...meetings].flatMap((meeting) => this.#flipped(meeting));
    // An issue without findings is of no meeting.
    return [...flipped, ...entries.filter(({ meeting, isTold }) => meeting === null && isTold)];
  }

  #flipped(meeting: string): readonly Entry[] {
    const there = [...(this.#byMeeting.get(meeting) ?? [])];
    const hasActs = there.some(({ pattern }) => isAmong(actPatterns, pattern));
    return there.filter(
      ({ pattern, isTold }) => isTold !== (hasActs && isAmong(absorbedPatterns, pattern)),
    );
  }

  #take(entry: Entry, meeting: string): void {
    const there = this.#byMeeting.get(meeting);
    there?.delete(entry);
    if (there?.size === 0) this.#byMeeting.delete(meeting);
  }
}

function isAmong(patterns: readonly Pattern[], pattern: Pattern | null): boolean {
  return pattern !== null && patterns.includes(pattern);
}
