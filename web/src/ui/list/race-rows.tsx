import type { ComponentChildren } from 'preact';
import type { Issue } from '../../api/types.ts';
import { racePath } from '../../app/route.ts';
import { patternTitle } from '../../model/words.ts';
import { Against } from '../against.tsx';
import { MiniInterleaving } from '../mini-interleaving.tsx';
import { Code } from '../name.tsx';
import { Services } from '../service.tsx';

/** Races in few words, each a link to its page; at the end of a row what matters where it stands. */
export function RaceRows({
  issues,
  end,
}: {
  issues: readonly Issue[];
  end: (issue: Issue) => ComponentChildren;
}) {
  return (
    <ul class="rows">
      {issues.map((issue) => (
        <li key={issue.fingerprint}>
          <a href={racePath(issue.fingerprint)}>
            <span>
              <b>
                {patternTitle(issue.pattern)} <Code text={issue.variable} />
              </b>
              <br />
              <Against sites={issue.sites} />
            </span>
            <MiniInterleaving issue={issue} />
            {end(issue)}
          </a>
        </li>
      ))}
    </ul>
  );
}

/** The end of a row where races of several services stand. */
export function raceServices({ services }: Issue) {
  return <Services names={services} max={2} />;
}
