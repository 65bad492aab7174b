import { useMemo } from 'preact/hooks';
import { choose } from '../../app/route.ts';
import { count, counted } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import type { MapNode, MapShare, ServiceMap } from '../../model/service-map.ts';
import { smoothLine } from '../../model/smooth-line.ts';
import { visible } from '../../model/visible.ts';
import { ArrowHead } from '../../ui/arrow-head.tsx';
import { layOut, nodeHeight, nodeWidth, type Point } from './lay-out.ts';

/** A large map is made smaller than that by nobody: it scrolls. */
const leastScale = 0.7;

/** Who calls whom, or who shares which variables; the table below says the same in words. */
export function MapDiagram(props: {
  readonly map: ServiceMap;
  readonly layer: 'calls' | 'shared';
  readonly selected: string | null;
}) {
  const { map, layer, selected } = props;
  const { width, height, nodes, calls } = useMemo(() => layOut(map), [map]);
  const most = Math.max(1, ...map.calls.map((call) => call.calls));
  const shares = map.shares.flatMap((share) => {
    const [a, b] = share.between.map((name) => nodes.get(name));
    if (a === undefined || b === undefined) return [];
    // Bent aside, so that a line between two does not hide behind a third.
    const bend = {
      x: (a.x + b.x) / 2 - (b.y - a.y) * 0.2,
      y: (a.y + b.y) / 2 + (b.x - a.x) * 0.2,
    };
    return {
      share,
      path: `M${a.x} ${a.y}Q${bend.x} ${bend.y} ${b.x} ${b.y}`,
      middle: labelPlace([a, bend, b], [...nodes.values()]),
      isOn: selected === null || share.between.includes(selected),
    };
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys.
    <section class="scroll map-room" tabIndex={0} aria-label="Service map">
      <svg
        class="service-map"
        viewBox={`0 0 ${width} ${height}`}
        style={{ maxWidth: `${width}px`, minWidth: `${Math.round(width * leastScale)}px` }}
        role="img"
        aria-label={`${counted(map.nodes.length, 'service')}, ${counted(map.calls.length, 'edge')}`}
      >
        <defs>
          <ArrowHead id="call-head" />
        </defs>
        {layer === 'calls' &&
          map.calls.map(({ from, to, calls: number }, at) => {
            const points = calls[at] ?? [];
            const middle = points[Math.floor(points.length / 2)];
            const isOn = selected === null || from === selected || to === selected;
            return (
              <g key={`${from} ${to}`} class={isOn ? 'call' : 'call faded'}>
                <path
                  d={smoothLine(points)}
                  stroke-width={1.5 + 3.5 * (Math.log1p(number) / Math.log1p(most))}
                  marker-end="url(#call-head)"
                />
                {middle !== undefined && (
                  <Label at={middle} text={`${count(number)} ${number === 1 ? 'call' : 'calls'}`} />
                )}
              </g>
            );
          })}
        {layer === 'shared' &&
          shares.map(({ share, path, isOn }) => (
            <path
              key={share.between.join(' ')}
              class={`share ${share.races > 0 ? 'raced' : ''} ${isOn ? '' : 'faded'}`}
              d={path}
            />
          ))}
        {map.nodes.map((node) => (
          <Node
            key={node.name}
            node={node}
            at={nodes.get(node.name) ?? { x: 0, y: 0 }}
            isSelected={node.name === selected}
          />
        ))}
        {layer === 'shared' &&
          shares.map(({ share, middle, isOn }) => (
            <g key={share.between.join(' ')} class={isOn ? '' : 'faded'}>
              <title>
                {share.variables
                  .slice(0, 10)
                  .map((name) => visible(name))
                  .join(', ')}
              </title>
              <Label at={middle} text={shareText(share)} />
            </g>
          ))}
      </svg>
    </section>
  );
}

/** Where along a bent line its label may stand: nearest to the middle, and over no node. */
const labelPlaces = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];

function labelPlace(
  [from, bend, to]: readonly [Point, Point, Point],
  nodes: readonly Point[],
): Point {
  const at = (share: number): Point => {
    const rest = 1 - share;
    const mix = (axis: 'x' | 'y') =>
      rest * rest * from[axis] + 2 * rest * share * bend[axis] + share * share * to[axis];
    return { x: mix('x'), y: mix('y') };
  };
  const isFree = (place: Point) =>
    nodes.every(
      ({ x, y }) =>
        Math.abs(place.x - x) > nodeWidth / 2 + labelHalf ||
        Math.abs(place.y - y) > nodeHeight / 2 + 10,
    );
  return labelPlaces.map(at).find(isFree) ?? at(0.5);
}

/** Half of a label of usual length. */
const labelHalf = 30;

function shareText({ variables }: MapShare): string {
  const [only = ''] = variables;
  return variables.length === 1 ? visible(only, 18) : counted(variables.length, 'variable');
}

function Label({ at, text }: { at: Point; text: string }) {
  const wide = 16 + text.length * 6.6;
  return (
    <g class="label">
      <rect x={at.x - wide / 2} y={at.y - 10} width={wide} height="20" rx="10" />
      <text x={at.x} y={at.y + 4} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}

function Node({ node, at, isSelected }: { node: MapNode; at: Point; isSelected: boolean }) {
  const [left, top] = [at.x - nodeWidth / 2, at.y - nodeHeight / 2];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the table below has the same as links.
    <g
      class={isSelected ? 'node selected' : 'node'}
      onClick={() => choose({ service: isSelected ? null : node.name })}
    >
      <title>{visible(node.name)}</title>
      <rect class="box" x={left} y={top} width={nodeWidth} height={nodeHeight} rx="8" />
      <rect
        class={`fill-${hueOf(node.name)}`}
        x={left}
        y={top}
        width="4"
        height={nodeHeight}
        rx="2"
      />
      <text class="strong" x={left + 15} y={top + 24}>
        {visible(node.name, 15)}
      </text>
      <text class="muted" x={left + 15} y={top + 43}>
        {count(node.traces)} traces · {count(node.events)} events
      </text>
      {node.races > 0 && (
        <g class="raced">
          <path d={`M${left + nodeWidth - 20} ${top + 10}l9 16h-18z`} />
          <text x={left + nodeWidth - 20} y={top + 24} text-anchor="middle">
            {node.races > 9 ? '+' : node.races}
          </text>
        </g>
      )}
    </g>
  );
}
