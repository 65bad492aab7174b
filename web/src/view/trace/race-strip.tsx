import { useResource } from '../../api/resource.ts';
import type { Issue } from '../../api/types.ts';
import { racePath } from '../../app/route.ts';
import { counted } from '../../model/format.ts';
import { patternTitle, shortId } from '../../model/words.ts';
import { MiniInterleaving } from '../../ui/mini-interleaving.tsx';
import { Code } from '../../ui/name.tsx';

const linesMax = 5;

/** The races that a trace takes part in, above everything else. */
export function RaceStrip(props: {
  readonly traceId: string;
  readonly fingerprints: readonly string[];
}) {
  const { traceId, fingerprints } = props;
  if (fingerprints.length === 0) return null;
  const more = fingerprints.length - linesMax;
  return (
    <ul class="race-strip rows">
      {fingerprints.slice(0, linesMax).map((fingerprint) => (
        <RaceLine key={fingerprint} traceId={traceId} fingerprint={fingerprint} />
      ))}
      {more > 0 && <li class="muted">and {counted(more, 'more race')}</li>}
    </ul>
  );
}

function RaceLine({ traceId, fingerprint }: { traceId: string; fingerprint: string }) {
  const { data } = useResource<Issue>(`api/races/${fingerprint}`);
  if (data === null) return null;
  const isOwn = (witness: Issue['witnesses'][number]) =>
    witness.events.some(({ trace_id: id }) => id === traceId);
  const at = Math.max(0, data.witnesses.findIndex(isOwn));
  const witness = data.witnesses[at];
  const other = witness?.events.find(({ trace_id: id }) => id !== traceId)?.trace_id;
  return (
    <li>
      <a href={racePath(fingerprint, at + 1)}>
        <span>
          <span class="bad" aria-hidden="true">
            ▲{' '}
          </span>
          <b>
            {patternTitle(data.pattern)} <Code text={data.variable} />
          </b>
          {other !== undefined && (
            <span class="muted">
              {' '}
              with <Code text={shortId(other)} title={other} />
            </span>
          )}
        </span>
        {witness !== undefined && <MiniInterleaving issue={{ ...data, witnesses: [witness] }} />}
        <span class="link">How it happened →</span>
      </a>
    </li>
  );
}
