import type { Issue } from '../../api/types.ts';
import { racePath } from '../../app/route.ts';
import { patternTitle } from '../../model/words.ts';
import { Against } from '../against.tsx';
import { MiniInterleaving } from '../mini-interleaving.tsx';
import { Code } from '../name.tsx';
import { Services } from '../service.tsx';

/** Races in few words, each a link to its page. */
export function RaceRows({ issues }: { issues: readonly Issue[] }) {
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
            <Services names={issue.services} max={2} />
          </a>
        </li>
      ))}
    </ul>
  );
}
