import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { lineHeight } from '../../app/preferences.ts';
import { duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import { type Folding, hasBelow, isFolded } from '../../model/trace/lines.ts';
import { type OtherRequest, otherText } from '../../model/trace/meanwhile.ts';
import { selfTimes } from '../../model/trace/statistics.ts';
import { accessWords, flag, type Timeline, wordsOf } from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { shortId, shortPlace } from '../../model/words.ts';
import { LineScroller } from './line-scroller.tsx';

/** Deeper steps are not moved further to the right. */
const indentsMax = 14;
const indentPixels = 14;
/** Room for the sign that folds. */
const foldPixels = 16;

interface TreeProps {
  readonly timeline: Timeline;
  readonly lines: Int32Array;
  readonly folding: Folding;
  readonly others: readonly OtherRequest[];
  readonly selected: number;
  readonly hits: ReadonlySet<number>;
  readonly onSelect: (row: number) => void;
  readonly onFold: (row: number) => void;
  readonly onOther: (other: OtherRequest) => void;
}

/** Steps as text: what was made in what, what it did, where, and what took its time. */
export function Tree(props: TreeProps) {
  const { timeline, lines, selected } = props;
  const self = useMemo(() => selfTimes(timeline), [timeline]);
  return (
    <>
      <div class="tree-line tree-head" aria-hidden="true">
        <span>Step</span>
        <span>Place</span>
        <span>Service</span>
        <span class="number">Took</span>
        <span class="number">Itself</span>
      </div>
      <LineScroller
        label="Tree"
        count={lines.length}
        lineHeight={lineHeight.value}
        chosen={selected < 0 ? -1 : lines.indexOf(selected)}
        chosenId={`row-${selected}`}
      >
        {(seen) => (
          <div class="tree-lines" role="presentation">
            {seen.lines.map((place) => (
              <TreeLine key={place} {...props} self={self} place={place} />
            ))}
          </div>
        )}
      </LineScroller>
    </>
  );
}

function TreeLine(props: TreeProps & { readonly self: Float64Array; readonly place: number }) {
  const { timeline, lines, others, selected, place } = props;
  const line = lines[place] ?? 0;
  const other = others[-line - 1];
  const row = line >= 0 ? line : (other?.row ?? 0);
  const depth = timeline.depth[row] ?? 0;
  const isOpenable = line >= 0 && hasBelow(timeline, row);
  const races = timeline.races.has(row);
  const kind = other === undefined ? (races ? 'of-race' : '') : otherClass(other);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names its row.
    // biome-ignore lint/a11y/useSemanticElements: lines are drawn as they are seen.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page has the keys.
    <div
      id={`row-${line}`}
      class={`tree-line ${kind}`}
      role="row"
      aria-rowindex={place + 1}
      aria-level={depth + 1}
      aria-expanded={isOpenable ? !isFolded(timeline, props.folding, row) : undefined}
      aria-selected={line === selected}
      style={{ height: `${lineHeight.value}px` }}
      onClick={() => (other === undefined ? props.onSelect(row) : props.onOther(other))}
    >
      {other === undefined ? (
        <StepCells {...props} row={row} indent={Math.min(depth, indentsMax) * indentPixels} />
      ) : (
        <OtherCells other={other} indent={Math.min(depth, indentsMax) * indentPixels} />
      )}
    </div>
  );
}

function otherClass({ fingerprints }: OtherRequest): string {
  return fingerprints.length > 0 ? 'other' : 'other calm';
}

function StepCells(
  props: TreeProps & { readonly self: Float64Array; readonly row: number; readonly indent: number },
) {
  const { timeline, folding, hits, self, row, indent } = props;
  const words = wordsOf(timeline, row);
  const isLock = (words.flags & flag.lock) !== 0;
  const isError = (words.flags & flag.error) !== 0;
  const isOpenable = hasBelow(timeline, row);
  return (
    <>
      <Cell indent={indent}>
        <button
          type="button"
          class="plain fold"
          tabIndex={-1}
          aria-label={isOpenable ? 'Fold or open' : undefined}
          aria-hidden={isOpenable ? undefined : 'true'}
          onClick={(event) => {
            event.stopPropagation();
            if (isOpenable) props.onFold(row);
          }}
        >
          {isOpenable ? (isFolded(timeline, folding, row) ? '▸' : '▾') : ''}
        </button>
        <span class={`hue hue-${hueOf(words.service)}`} aria-hidden="true" />{' '}
        {timeline.races.has(row) && '▲ '}
        {isError && <span class="warn-text">✕ </span>}
        <bdi class={`${hits.has(row) ? 'hit' : ''} ${words.value === null ? '' : 'mono'}`}>
          {isLock ? 'lock ' : ''}
          {visible(words.name, 120)}
        </bdi>{' '}
        {words.value !== null && <code class="muted">{visible(accessWords(words), 80)}</code>}
      </Cell>
      <Cell class="muted">
        <code title={visible(words.place)}>{visible(shortPlace(words.place), 80)}</code>
      </Cell>
      <Cell class="muted">{visible(words.service, 60)}</Cell>
      <Cell class="number">{words.tookUs === null ? '' : duration(words.tookUs)}</Cell>
      <Cell class="number muted">
        {words.tookUs === null || isLock ? '' : duration(self[row] ?? 0)}
      </Cell>
    </>
  );
}

function OtherCells({ other, indent }: { other: OtherRequest; indent: number }) {
  return (
    <>
      <Cell indent={indent + foldPixels}>
        {other.fingerprints.length > 0 && '▲ '}meanwhile{' '}
        <code>{visible(shortId(other.traceId), 24)}</code>{' '}
        <code>{visible(otherText(other), 200)}</code>
      </Cell>
      <Cell>
        <code title={visible(other.place)}>{visible(shortPlace(other.place), 80)}</code>
      </Cell>
      <Cell>
        <bdi>{visible(other.name, 60)}</bdi>
      </Cell>
      <Cell />
      <Cell />
    </>
  );
}

function Cell(props: {
  readonly class?: string;
  readonly indent?: number;
  readonly children?: ComponentChildren;
}) {
  const { class: className = '', indent, children } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: lines are drawn as they are seen.
    <span
      role="gridcell"
      tabIndex={-1}
      class={className}
      style={indent === undefined ? undefined : { paddingLeft: `${indent}px` }}
    >
      {children}
    </span>
  );
}
