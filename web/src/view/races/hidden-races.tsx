import type { IssueList } from '../../api/types.ts';
import { choose } from '../../app/route.ts';
import { counted } from '../../model/format.ts';

/** What is left out of the list, why, and how to see it. */
export function HiddenRaces({ hidden }: { hidden: IssueList['hidden'] }) {
  const { below_evidence: weaker, unknown_scope: unknown, request_local: own, ignored } = hidden;
  if (weaker + unknown + own + ignored === 0) return null;
  return (
    <ul class="left-out" aria-label="Left out">
      {weaker > 0 && (
        <li>
          {counted(weaker, 'more race has', 'more races have')} weaker evidence than is shown.{' '}
          <button
            type="button"
            class="plain"
            onClick={() => choose({ evidence: 'E0', page: null })}
          >
            Show what could be
          </button>
        </li>
      )}
      {unknown > 0 && (
        <li>
          Of {counted(unknown, 'more race')} nobody knows whether both sides mean one variable:
          services say so by the tag <code>scope</code>.{' '}
          <button type="button" class="plain" onClick={() => choose({ scope: 'any', page: null })}>
            Show them
          </button>
        </li>
      )}
      {ignored > 0 && (
        <li>
          {counted(ignored, 'more race is', 'more races are')} ignored: somebody, or a rule, said
          so.{' '}
          <button type="button" class="plain" onClick={() => choose({ state: 'any', page: null })}>
            Show them
          </button>
        </li>
      )}
      {own > 0 && (
        <li>
          {counted(own, 'more race is', 'more races are')} on variables that each request has for
          itself, as their values tell.
        </li>
      )}
    </ul>
  );
}
