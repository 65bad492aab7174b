import { useState } from 'preact/hooks';
import { useResource } from '../../api/resource.ts';
import type { Issue, Witness } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, go, search, segment, tracePath } from '../../app/route.ts';
import { count } from '../../model/format.ts';
import { isUntold, stepsOf } from '../../model/race/interleaving.ts';
import { stateName } from '../../model/race/triage.ts';
import {
  evidenceWords,
  patternName,
  patternTitle,
  releaseText,
  rowWords,
} from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';
import { Interleaving } from './interleaving.tsx';
import { OtherRaces } from './other-races.tsx';
import { CloseCard, OrderCard, SureCard } from './reasons.tsx';
import { RaceSentence } from './sentence.tsx';
import { SpaceTime } from './space-time.tsx';
import { TriageCard } from './triage-card.tsx';
import { useRoots } from './use-roots.ts';
import { useScene } from './use-scene.ts';
import { WitnessTable } from './witness-table.tsx';

const refreshMs = 30_000;
const staleMs = 2000;

type StaleIssue = Issue & { readonly stale: boolean };

/** One race: what happened, how it is known, and how to close it. */
export function RacePage() {
  const fingerprint = segment(1);
  const race = useResource<StaleIssue>(
    `api/races/${encodeURIComponent(fingerprint)}`,
    ({ stale }) => (stale ? staleMs : refreshMs),
  );
  if (race.data === null) {
    return (
      <Page title="Race">
        {race.error === null ? <Loading what="the race" /> : <Failed resource={race} />}
      </Page>
    );
  }
  const issue = race.data;
  const wanted = Number(search.value.get('w') ?? 1);
  const number = Math.min(
    Math.max(Number.isInteger(wanted) ? wanted : 1, 1),
    Math.max(issue.witnesses.length, 1),
  );
  const witness = issue.witnesses[number - 1];
  return (
    <Page
      title={`${patternTitle(issue.pattern)} ${issue.variable}`}
      heading={<Heading issue={issue} />}
    >
      <Head issue={issue} />
      <Outdated resource={race} />
      {issue.stale && <Stale />}
      {witness === undefined ? (
        <Empty title="Nobody has seen it happen">
          <p>
            Only the possibility is known: both places use the variable, and nothing orders them.
          </p>
        </Empty>
      ) : (
        <Story key={number} issue={issue} witness={witness} number={number} />
      )}
      <TriageCard key={issue.fingerprint} issue={issue} onSaved={race.reload} />
      {witness !== undefined && (
        <WitnessTable issue={issue} number={number} onShow={(next) => showWitness(issue, next)} />
      )}
      <OtherRaces issue={issue} />
    </Page>
  );
}

function showWitness({ witnesses }: Issue, next: number): void {
  if (next < 1 || next > witnesses.length) return;
  choose({ w: next === 1 ? null : String(next), step: null });
}

/** The step that the address names; null: all of them. */
function chosenStep(): number | null {
  const text = search.value.get('step') ?? '';
  return /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function Heading({ issue }: { issue: Issue }) {
  return (
    <>
      {patternTitle(issue.pattern)} <Code text={issue.variable} />
    </>
  );
}

function Head({ issue }: { issue: Issue }) {
  const isCritical = issue.severity === 'CRITICAL';
  const [first, second] = issue.sites;
  return (
    <div class="race-head">
      <div>
        <p class="chips">
          <span class={`chip ${isCritical ? 'bad' : 'warn'}`}>
            ▲ {isCritical ? 'Critical' : 'Warning'}
          </span>
          {issue.state !== 'open' && <span class="chip">{stateName(issue.state)}</span>}
          <span class="chip">{patternName(issue.pattern)}</span>
          <span class="chip">
            {issue.evidence} · {evidenceWords[issue.evidence]}
          </span>
          {rowWords[issue.row] !== null && (
            <span class="chip" title={rowWords[issue.row]?.says}>
              {rowWords[issue.row]?.chip}
            </span>
          )}
          {issue.anomaly_class !== null && <span class="chip">{issue.anomaly_class}</span>}
          {issue.services.map((name) => (
            <span key={name} class="chip">
              <Service name={name} />
            </span>
          ))}
        </p>
        <p class="muted">
          <Code text={first.location} /> against{' '}
          {first.location === second.location ? 'itself' : <Code text={second.location} />}
        </p>
      </div>
      <dl class="figures small">
        <div>
          <dt>{issue.pairs_possible === 1 ? 'pair' : 'pairs'} at risk</dt>
          <dd>{count(issue.pairs_possible)}</dd>
        </div>
        <div>
          <dt>first seen</dt>
          <dd>
            <Clock time={issue.first_seen} />
            <In releases={issue.first_release} />
          </dd>
        </div>
        <div>
          <dt>last seen</dt>
          <dd>
            <Clock time={issue.last_seen} />
            <In releases={issue.last_release} />
          </dd>
        </div>
      </dl>
    </div>
  );
}

/** In which releases it was seen; nothing where none is known. */
function In({ releases }: { releases: Issue['first_release'] }) {
  if (releases.length === 0) return null;
  return (
    <span class="muted">
      {' '}
      in <Name text={releaseText(releases)} />
    </span>
  );
}

function Story(props: {
  readonly issue: Issue;
  readonly witness: Witness;
  readonly number: number;
}) {
  const { issue, witness, number } = props;
  const [isToScale, setToScale] = useState(false);
  const [pointed, setPointed] = useState<number | null>(null);
  const steps = stepsOf(issue, witness);
  const roots = useRoots(witness);
  const scene = useScene(witness);
  const chosen = chosenStep();
  const stepTo = (next: number | null) =>
    choose({ step: next === null ? null : String(next) }, { replace: true });
  const [ofA, ofB] = witness.events;
  useKeys({
    // Keys may come faster than the page is drawn.
    ArrowRight: () => stepTo(Math.min((chosenStep() ?? 0) + 1, steps.length)),
    ArrowLeft: () => stepTo((chosenStep() ?? 0) <= 1 ? null : (chosenStep() ?? 0) - 1),
    Escape: () => stepTo(null),
    '[': () => showWitness(issue, number - 1),
    ']': () => showWitness(issue, number + 1),
    s: () => setToScale(!isToScale),
    a: () => go(tracePath(ofA.trace_id)),
    b: () => go(tracePath(ofB.trace_id)),
  });
  return (
    <>
      <RaceSentence issue={issue} witness={witness} steps={steps} roots={roots} />
      <div class="halves uneven">
        <Interleaving
          issue={issue}
          witness={witness}
          steps={steps}
          scene={scene}
          chosen={chosen}
          onChoose={stepTo}
          pointed={pointed}
          onPoint={setPointed}
        />
        <SpaceTime
          issue={issue}
          witness={witness}
          steps={steps}
          roots={roots}
          scene={scene}
          chosen={chosen}
          onChoose={stepTo}
          pointed={pointed}
          onPoint={setPointed}
          isToScale={isToScale}
          onScale={setToScale}
        />
      </div>
      <div class="halves">
        <div class="stack">
          <SureCard issue={issue} isUntold={isUntold(steps)} />
          <OrderCard issue={issue} witness={witness} scene={scene} />
        </div>
        <CloseCard issue={issue} />
      </div>
    </>
  );
}
