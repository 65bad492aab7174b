import { choose, search } from '../../app/route.ts';
import { count, duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import {
  type ComparedStep,
  type Comparison,
  comparisonFilters,
  filterSteps,
} from '../../model/trace/comparison.ts';
import { flag, type RowWords } from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { Card } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

const stepsMax = 500;
const indentsMax = 10;

const filterNames = {
  all: 'All',
  slower: 'Slower',
  one: 'Only in one',
  values: 'Other values',
} as const;

/** Steps of both traces, on one scale. */
export function StepTable(props: {
  readonly comparison: Comparison;
  /** B is no trace, so that it has no values of its own. */
  readonly isWithMedian?: boolean;
}) {
  const { comparison, isWithMedian = false } = props;
  const filters = comparisonFilters.filter((name) => !isWithMedian || name !== 'values');
  const filter = filters.find((name) => name === search.value.get('show')) ?? 'all';
  const found = filterSteps(comparison.steps, filter);
  const shown = found.slice(0, stepsMax);
  return (
    <Card
      title="Step by step"
      hint={`matched by service, kind and name; ${count(comparison.inBoth)} of ${count(comparison.steps.length)} in both`}
      tools={
        <Tabs
          label="Which steps"
          name="show"
          chosen={filter}
          tabs={filters.map((name) => [name, filterNames[name]] as const)}
          onChoose={(next) => choose({ show: next === 'all' ? null : next })}
        />
      }
    >
      {shown.length === 0 && <Empty title="No such step" />}
      {shown.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
        <section class="scroll" tabIndex={0} aria-label="Steps">
          <table class="list compare">
            <thead>
              <tr>
                <th scope="col">Step</th>
                <th scope="col" class="letter of-a">
                  A
                </th>
                <th scope="col" class="letter of-b">
                  B
                </th>
                <th scope="col" class="number">
                  A took
                </th>
                <th scope="col" class="number">
                  B took
                </th>
                <th scope="col" class="number">
                  Change
                </th>
                <th scope="col">Values</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((step, place) => (
                <StepRow key={`${filter} ${place}`} step={step} totalUs={comparison.totalUs} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {found.length > shown.length && (
        <p class="muted">
          and {count(found.length - shown.length)} more, which a filter may bring nearer
        </p>
      )}
    </Card>
  );
}

function StepRow({ step, totalUs }: { step: ComparedStep; totalUs: number }) {
  const { a, b, depth, changeUs } = step;
  const words = a ?? b;
  if (words === null) return null;
  const isLock = (words.flags & flag.lock) !== 0;
  const isAccess = (words.flags & (flag.reads | flag.writes)) !== 0;
  const did = (words.flags & flag.writes) === 0 ? 'read' : 'write';
  return (
    <tr>
      <td class="step">
        <span style={{ paddingLeft: `${Math.min(depth, indentsMax) * 14}px` }}>
          <span class={`hue hue-${hueOf(words.service)}`} aria-hidden="true" />{' '}
          <bdi title={visible(words.service)}>
            {isLock ? 'lock ' : ''}
            {visible(words.name)}
          </bdi>
          {isAccess && <span class="muted"> {did}</span>}
        </span>
      </td>
      <td>
        <Bar words={a} side="a" totalUs={totalUs} />
      </td>
      <td>
        <Bar words={b} side="b" totalUs={totalUs} />
      </td>
      <td class="number" data-label="A took">
        {a?.tookUs ? duration(a.tookUs) : ''}
      </td>
      <td class="number" data-label="B took">
        {b?.tookUs ? duration(b.tookUs) : ''}
      </td>
      <td class="number">{changeUs !== null && <Change us={changeUs} />}</td>
      <td>
        {isAccess && (
          <code>
            <span class="letter of-a">{a === null ? '–' : visible(a.value ?? '', 40)}</span> /{' '}
            <span class="letter of-b">{b === null ? '–' : visible(b.value ?? '', 40)}</span>
          </code>
        )}
      </td>
    </tr>
  );
}

function Change({ us }: { us: number }) {
  if (us === 0) return <span class="muted">=</span>;
  const isSlower = us > 0;
  return (
    <span class={isSlower ? 'bad strong' : 'good strong'}>
      {isSlower ? '▲ +' : '▼ −'}
      {duration(Math.abs(us))}
    </span>
  );
}

function Bar(props: { words: RowWords | null; side: 'a' | 'b'; totalUs: number }) {
  const { words, side, totalUs } = props;
  if (words === null) return <span class="muted">not there</span>;
  const x = (words.startUs / totalUs) * 200;
  const isWrite = (words.flags & flag.writes) !== 0;
  return (
    <svg class="compare-bar" viewBox="0 0 208 14" aria-hidden="true">
      <line x1="4" x2="204" y1="7" y2="7" />
      {words.tookUs === null ? (
        <circle class={`of-${side} ${isWrite ? 'full' : 'hollow'}`} cx={4 + x} cy="7" r="4" />
      ) : (
        <rect
          class={`full of-${side}`}
          x={4 + x}
          y="3"
          width={Math.max(2, (words.tookUs / totalUs) * 200)}
          height="8"
          rx="2"
        />
      )}
    </svg>
  );
}
