import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Resource, useResource } from '../../api/resource.ts';
import type { Issue, Witness, WitnessView } from '../../api/types.ts';
import { useKeys } from '../../app/keys.ts';
import { choose, go, search, segment, tracePath } from '../../app/route.ts';
import { isUntold, serialOutcomes, stepsOf } from '../../model/race/interleaving.ts';
import { raceScene } from '../../model/race/race-scene.ts';
import { stateName } from '../../model/race/triage.ts';
import {
  evidenceWords,
  patternName,
  patternTitle,
  releaseText,
  riskWords,
  rowWords,
  seenWords,
} from '../../model/words.ts';
import { Clock } from '../../ui/clock.tsx';
import { Code, Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { Service } from '../../ui/service.tsx';
import { Empty, Failed, Loading, Outdated, Stale } from '../../ui/states.tsx';
import { Interleaving } from './interleaving.tsx';
import { OtherRaces } from './other-races.tsx';
import { CloseCard, OrderCard, SureCard } from './reasons.tsx';
import { rootsOf } from './roots.ts';
import { RaceSentence } from './sentence.tsx';
import { SpaceTime } from './space-time.tsx';
import { TriageCard } from './triage-card.tsx';
import { WitnessTable } from './witness-table.tsx';

const refreshMs = 30_000;
const staleMs = 2000;

type StaleIssue = Issue & { readonly stale: boolean };

const refreshOf = ({ stale }: { readonly stale: boolean }) => (stale ? staleMs : refreshMs);

/** One race: what happened, how it is known, and how to close it. */
export function RacePage() {
  const path = `api/races/${encodeURIComponent(segment(1))}`;
  const wanted = search.value.get('w') ?? '1';
  const number = /^[1-9]\d{0,2}$/.test(wanted) ? Number(wanted) : 1;
  const witnessed = useResource<WitnessView>(`${path}/witnesses/${number}`, refreshOf);
  // There is no such witness any more.
  const isUnseen = witnessed.error?.status === 404;
  const unseen = useResource<StaleIssue>(isUnseen ? path : null, refreshOf);
  const race = isUnseen ? unseen : witnessed;
  if (unseen.data !== null && isUnseen) return <Unwitnessed issue={unseen.data} race={unseen} />;
  if (witnessed.data === null || isUnseen) {
    return (
      <Page title="Race">
        {race.error === null ? <Loading what="the race" /> : <Failed resource={race} />}
      </Page>
    );
  }
  const view = witnessed.data;
  const { race: issue, stale } = view;
  if (view.count === 0) return <Unwitnessed issue={{ ...issue, stale }} race={witnessed} />;
  return (
    <RaceFrame issue={{ ...issue, stale }} resource={witnessed}>
      {issue.witnesses.map((witness) => (
        <Story key={number} view={view} witness={witness} />
      ))}
      <TriageCard key={issue.fingerprint} issue={issue} onSaved={witnessed.reload} />
      <WitnessTable view={view} onShow={(next) => showWitness(view, next)} />
      <OtherRaces issue={issue} />
    </RaceFrame>
  );
}

/** A race that the address asks a witness of which is not there. */
function Unwitnessed(props: { readonly issue: StaleIssue; readonly race: Resource<unknown> }) {
  const { issue, race } = props;
  const count = issue.witnesses.length;
  useEffect(() => {
    if (count > 0) choose({ w: count === 1 ? null : String(count), step: null }, { replace: true });
  }, [count]);
  return (
    <RaceFrame issue={issue} resource={race}>
      {count === 0 && (
        <Empty title="Nobody has seen it happen">
          <p>
            Only the possibility is known: both places use the variable, and nothing orders them.
          </p>
        </Empty>
      )}
      <TriageCard key={issue.fingerprint} issue={issue} onSaved={race.reload} />
      <OtherRaces issue={issue} />
    </RaceFrame>
  );
}

function RaceFrame(props: {
  readonly issue: StaleIssue;
  readonly resource: Resource<unknown>;
  readonly children: ComponentChildren;
}) {
  const { issue, resource, children } = props;
  return (
    <Page
      title={`${patternTitle(issue.pattern)} ${issue.variable}`}
      heading={<Heading issue={issue} />}
    >
      <Head issue={issue} />
      <Outdated resource={resource} />
      {issue.stale && <Stale />}
      {children}
    </Page>
  );
}

function showWitness({ count: last }: WitnessView, next: number): void {
  if (next < 1 || next > last) return;
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
          <dt>seen</dt>
          <dd>
            {seenWords(issue)} <span class="muted">{riskWords(issue)}</span>
          </dd>
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

function Story({ view, witness }: { readonly view: WitnessView; readonly witness: Witness }) {
  const { race: issue, number } = view;
  const [isToScale, setToScale] = useState(false);
  const [pointed, setPointed] = useState<number | null>(null);
  const steps = stepsOf(issue, witness, view.effects);
  const outcomes = serialOutcomes(view.serial, steps);
  const roots = rootsOf(witness, view);
  const scene = raceScene(view, steps);
  const chosen = chosenStep();
  const stepTo = (next: number | null) =>
    choose({ step: next === null ? null : String(next) }, { replace: true });
  const [ofA, ofB] = witness.events;
  useKeys({
    // Keys may come faster than the page is drawn.
    ArrowRight: () => stepTo(Math.min((chosenStep() ?? 0) + 1, steps.length)),
    ArrowLeft: () => stepTo((chosenStep() ?? 0) <= 1 ? null : (chosenStep() ?? 0) - 1),
    Escape: () => stepTo(null),
    '[': () => showWitness(view, number - 1),
    ']': () => showWitness(view, number + 1),
    s: () => setToScale(!isToScale),
    a: () => go(tracePath(ofA.trace_id)),
    b: () => go(tracePath(ofB.trace_id)),
  });
  return (
    <>
      <RaceSentence witness={witness} steps={steps} roots={roots} outcomes={outcomes} />
      <div class="halves uneven">
        <Interleaving
          issue={issue}
          witness={witness}
          steps={steps}
          scene={scene}
          outcomes={outcomes}
          view={view}
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
          <OrderCard
            why={view.why_unordered}
            isAcross={ofA.trace_id !== ofB.trace_id}
            scene={scene}
          />
        </div>
        <CloseCard issue={issue} />
      </div>
    </>
  );
}
