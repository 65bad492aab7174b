import { useState } from 'preact/hooks';
import type { Issue, IssueList } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, racePath } from '../../app/route.ts';
import { count } from '../../model/format.ts';
import { lockNames } from '../../model/lock-names.ts';
import { visible } from '../../model/visible.ts';
import {
  patternTitle,
  riskWords,
  rowWords,
  seenTimes,
  seenWords,
  shortPlace,
} from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Evidence } from '../../ui/evidence.tsx';
import { Pager } from '../../ui/list/pager.tsx';
import { type Column, Table } from '../../ui/list/table.tsx';
import { interleavingWords, MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code } from '../../ui/name.tsx';
import { Services } from '../../ui/service.tsx';

const columns: readonly Column<Issue>[] = [
  {
    name: 'Severity',
    isNameHidden: true,
    text: ({ severity }) => severity.toLowerCase(),
    cell: ({ severity }) => (
      <span class={severity === 'CRITICAL' ? 'sign bad' : 'sign warn'} title={severity}>
        ▲<span class="hidden"> {severity.toLowerCase()}</span>
      </span>
    ),
  },
  {
    name: 'Race',
    class: 'what',
    sort: 'variable',
    text: raceText,
    cell: (issue) => (
      <>
        <a href={racePath(issue.fingerprint)}>
          {patternTitle(issue.pattern)} <Code text={issue.variable} />
        </a>
        <RowChip issue={issue} />
        <Places issue={issue} />
      </>
    ),
  },
  {
    name: 'Interleaving',
    text: interleavingWords,
    head: (
      <>
        Interleaving <span class="muted">A over B</span>
      </>
    ),
    cell: (issue) => <MiniInterleaving issue={issue} />,
  },
  {
    name: 'Evidence',
    text: ({ evidence }) => evidence,
    cell: ({ evidence }) => <Evidence level={evidence} />,
  },
  {
    name: 'Services',
    text: ({ services }) => services.join(', '),
    cell: ({ services }) => <Services names={services} />,
  },
  {
    name: 'Seen',
    isNumber: true,
    text: seenTimes,
    cell: (issue) => (
      <span title={`seen ${seenWords(issue)}, ${riskWords(issue)}`}>
        {count(seenTimes(issue))} <span class="muted">of {count(issue.pairs_possible)}</span>
      </span>
    ),
  },
  {
    name: 'First seen',
    isNumber: true,
    sort: 'first_seen',
    text: (issue) => issue.first_seen ?? '',
    cell: (issue) => <Clock time={issue.first_seen} />,
  },
  {
    name: 'Last seen',
    isNumber: true,
    sort: 'last_seen',
    text: (issue) => issue.last_seen ?? '',
    cell: (issue) => <Clock time={issue.last_seen} />,
  },
];

function raceText({ pattern, variable, sites: [first, second] }: Issue): string {
  return `${patternTitle(pattern)} ${variable}: ${first.location} against ${second.location}`;
}

/** Races as rows; `v` tells what happened in one of them. */
export function RaceTable({ list, asked }: { list: IssueList; asked: string }) {
  const [peeked, setPeeked] = useState<string | null>(null);
  useKeys({
    v: () => {
      const row = document.activeElement?.closest<HTMLElement>('tr[data-key]');
      const key = row?.dataset['key'] ?? null;
      setPeeked(key === peeked ? null : key);
    },
  });
  return (
    <>
      <Table
        label="Races"
        isList
        asked={asked}
        columns={columns}
        rows={list.issues}
        keyOf={({ fingerprint }) => fingerprint}
        below={({ fingerprint, witnesses }) =>
          fingerprint === peeked ? (
            <p role="status">{visible(witnesses[0]?.explanation ?? 'Nobody has seen it.', 2000)}</p>
          ) : null
        }
      />
      <p class="legend">
        <svg viewBox="0 0 14 14" aria-hidden="true">
          <circle class="of-a hollow" cx="7" cy="7" r="5" />
        </svg>
        reads
        <svg viewBox="0 0 30 14" class="wide" aria-hidden="true">
          <circle class="of-a full" cx="7" cy="7" r="5" />
          <rect class="of-b full" x="17" y="2" width="10" height="10" />
        </svg>
        writes, of request A and B
        <span class="keys">
          <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>v</kbd> peek <kbd>f</kbd> filter
        </span>
      </p>
      <Pager
        page={list.page}
        pages={list.total_pages}
        onChange={(page) => choose({ page: page === 1 ? null : String(page) })}
      />
    </>
  );
}

function RowChip({ issue }: { issue: Issue }) {
  const words = rowWords[issue.row];
  if (words === null) return null;
  return (
    <span class="chip row-certainty" title={words.says}>
      {words.chip}
    </span>
  );
}

/** The two places with their locks; one of both says why they race. */
function Places({ issue }: { issue: Issue }) {
  const [first, second] = issue.sites;
  if (first.location === second.location && first.service === second.service) {
    return (
      <div class="places">
        <Code text={shortPlace(first.location)} title={first.location} /> against itself
        {first.locks.length > 0 && ', each with '}
        {first.locks.length > 0 && <Code text={lockNames(first).join(', ')} />}
      </div>
    );
  }
  return (
    <div class="places">
      <PlaceOf site={first} /> against <PlaceOf site={second} />
    </div>
  );
}

function PlaceOf({ site }: { site: Issue['sites'][number] }) {
  return (
    <>
      <Code text={shortPlace(site.location)} title={site.location} />{' '}
      {site.locks.length === 0 ? (
        'holds no lock'
      ) : (
        <>
          holds <Code text={lockNames(site).join(', ')} />
        </>
      )}
    </>
  );
}
