import { plainText } from './plain-text.ts';

/** What keeps a list of races from being all that there is. */
export interface Shortfall {
  readonly isStale: boolean;
  /** The limit that the analysis as a whole came to; null: none. */
  readonly limit: string | null;
  /** Cuts that leave all but one variable of one trace whole: the first, and how many there are. */
  readonly cut: {
    readonly traceId: string;
    readonly variable: string | null;
    readonly limit: string;
  } | null;
  readonly cutCount: number;
  readonly total: number;
  readonly read: number;
}

/** What a reader of races has to know beside them, in sentences. */
export function reservationsOf(shortfall: Shortfall): string[] {
  const { isStale, limit, total, read } = shortfall;
  return [
    ...(isStale ? ['some events are still being analysed; what they show is missing here'] : []),
    ...(limit === null
      ? cutsOf(shortfall)
      : [`the analysis of some traces came to a limit (${limit}); races may be missing`]),
    ...(read < total ? [`there are ${total} races; ${read} were read`] : []),
  ];
}

function cutsOf({ cut, cutCount }: Shortfall): string[] {
  if (cut === null) return [];
  const others = cutCount - 1;
  const more = others > 0 ? `, and ${others} more like it` : '';
  const trace = `trace ${plainText(cut.traceId, 40)}`;
  const place = cut.variable === null ? trace : `${plainText(cut.variable, 80)} of ${trace}`;
  return [`the analysis of ${place} came to a limit (${cut.limit})${more}; all else is whole`];
}
