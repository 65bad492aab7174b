import { useMemo } from 'preact/hooks';
import { count, counted, duration } from '../../model/format.ts';
import { hueOf } from '../../model/hue.ts';
import { smoothLine } from '../../model/smooth-line.ts';
import {
  type StepGraph as Graph,
  type GraphEdge,
  type GraphNode,
  stepGraph,
} from '../../model/trace/step-graph.ts';
import type { Timeline } from '../../model/trace/timeline.ts';
import { visible } from '../../model/visible.ts';
import { ArrowHead } from '../../ui/arrow-head.tsx';
import { type GraphLayout, layOutGraph, type Point } from '../../ui/graph-layout.ts';

const size = { step: { width: 168, height: 50 }, variable: { width: 150, height: 40 } } as const;
/** A large graph is made smaller than that by nobody: it scrolls. */
const leastScale = 0.75;
/** What is wider is scrolled. */
const pageWidth = 900;
const nameCharacters = { step: 20, variable: 15 } as const;
const secondLayoutEdgesMax = 40;

export interface StepGraphProps {
  readonly timeline: Timeline;
  readonly selected: number;
  readonly onSelect: (row: number) => void;
}

/** Who called whom, and which values they read and wrote: steps that do the same are one. */
export function StepGraph({ timeline, selected, onSelect }: StepGraphProps) {
  const graph = useMemo(() => stepGraph(timeline), [timeline]);
  const laid = useMemo(() => layOut(graph), [graph]);
  const chosen = timeline.name[selected];
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="scroll map-room" tabIndex={0} aria-label="Graph">
        <svg
          class="service-map step-graph"
          viewBox={`0 0 ${laid.width} ${laid.height}`}
          style={{
            maxWidth: `${laid.width}px`,
            minWidth: `${Math.round(laid.width * leastScale)}px`,
          }}
          role="img"
          aria-label={`${counted(graph.nodes.length, 'step and variable', 'steps and variables')}, ${counted(graph.edges.length, 'edge')}; the tree says the same in words`}
        >
          <defs>
            <ArrowHead id="step-head" />
          </defs>
          {graph.edges.map((edge, place) => (
            <Edge
              key={`${edge.from} ${edge.to} ${edge.kind}`}
              edge={edge}
              points={laid.edges[place] ?? []}
            />
          ))}
          {graph.nodes.map((node, place) => (
            <Node
              key={`${node.kind} ${node.service} ${node.row}`}
              node={node}
              at={laid.nodes[place] ?? { x: 0, y: 0 }}
              isSelected={selected >= 0 && chosen === timeline.name[node.row]}
              onSelect={onSelect}
            />
          ))}
        </svg>
      </section>
      <p class="foot muted">
        Rounded boxes are variables, ▲ those in a race; dashed lines are reads.
        {graph.leftOut > 0 && ` ${count(graph.leftOut)} with less time or use are left out.`}
        {graph.edgesLeftOut > 0 &&
          ` Of the lines, ${count(graph.edgesLeftOut)} are left out that were gone least.`}
      </p>
    </>
  );
}

/** From left to right; long chains from top to bottom, where that takes less room beside the page. */
function layOut({ nodes, edges }: Graph): GraphLayout {
  const sizes = nodes.map(({ kind }) => size[kind]);
  const lay = (direction: 'LR' | 'TB') =>
    layOutGraph({ nodes: sizes, edges, direction, nodeGap: 18, rankGap: 36, labelWidth: 40 });
  const across = lay('LR');
  // Another layout of a dense graph would hold up the page.
  if (across.width <= pageWidth || edges.length > secondLayoutEdgesMax) return across;
  const down = lay('TB');
  return down.width < across.width ? down : across;
}

function Edge({ edge, points }: { edge: GraphEdge; points: readonly Point[] }) {
  const middle = points[Math.floor(points.length / 2)];
  return (
    <g class={`call edge-${edge.kind}`}>
      <title>{`${edge.kind} ${count(edge.count)} ${edge.count === 1 ? 'time' : 'times'}`}</title>
      <path d={smoothLine(points)} stroke-width="1.5" marker-end="url(#step-head)" />
      {edge.count > 1 && middle !== undefined && (
        <text class="muted" x={middle.x} y={middle.y - 4} text-anchor="middle">
          ×{count(edge.count)}
        </text>
      )}
    </g>
  );
}

function Node(props: {
  readonly node: GraphNode;
  readonly at: Point;
  readonly isSelected: boolean;
  readonly onSelect: (row: number) => void;
}) {
  const { node, at, isSelected, onSelect } = props;
  const { width, height } = size[node.kind];
  const [left, top] = [at.x - width / 2, at.y - height / 2];
  const isVariable = node.kind === 'variable';
  const times = node.count === 1 ? '' : ` · ×${count(node.count)}`;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the tree has the same as rows.
    <g
      class={`node ${isSelected ? 'selected' : ''} ${node.races ? 'races' : ''}`}
      onClick={() => onSelect(node.row)}
    >
      <title>{`${visible(node.name)} ${visible(node.service)}`}</title>
      <rect
        class="box"
        x={left}
        y={top}
        width={width}
        height={height}
        rx={isVariable ? height / 2 : 8}
      />
      {!isVariable && (
        <rect
          class={`fill-${hueOf(node.service)}`}
          x={left}
          y={top}
          width="4"
          height={height}
          rx="2"
        />
      )}
      <text class={isVariable ? 'mono' : 'strong'} x={left + 15} y={top + (isVariable ? 17 : 21)}>
        {node.races ? '▲ ' : ''}
        {visible(node.name, nameCharacters[node.kind])}
      </text>
      <text class="muted" x={left + 15} y={top + (isVariable ? 31 : 38)}>
        {isVariable
          ? counted(node.count, 'access', 'accesses')
          : `${visible(node.service, 10)} · ${duration(node.totalUs)}${times}`}
      </text>
    </g>
  );
}
