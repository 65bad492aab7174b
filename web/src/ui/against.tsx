import type { Issue } from '../api/types.ts';
import { shortPlace } from '../model/words.ts';
import { Name } from './name.tsx';

/** The two places of a race, in few words. */
export function Against({ sites: [first, second] }: { sites: Issue['sites'] }) {
  const isSame = first.location === second.location && first.service === second.service;
  return (
    <span class="muted">
      <Name text={shortPlace(first.location)} /> against{' '}
      {isSame ? 'itself' : <Name text={shortPlace(second.location)} />}
    </span>
  );
}
