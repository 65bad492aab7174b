import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Issue, IssueList } from '../../api/types.ts';
import { RaceRows, raceServices } from '../../ui/list/race-rows.tsx';
import { Card } from '../../ui/page.tsx';

/** More are found on the list. */
const shownMax = 5;

/** Races of the same variable at other places: one change often closes several. */
export function OtherRaces({ issue }: { issue: Issue }) {
  const { variable, fingerprint } = issue;
  const found = useResource<IssueList>(
    `api/races${query({ view: 'list', variable, page_size: shownMax + 1 })}`,
  );
  const others = (found.data?.issues ?? []).filter((other) => other.fingerprint !== fingerprint);
  if (others.length === 0) return null;
  return (
    <Card
      title="Other races of this variable"
      tools={<a href={`races${query({ variable })}`}>All of them →</a>}
    >
      <RaceRows issues={others.slice(0, shownMax)} end={raceServices} />
    </Card>
  );
}
