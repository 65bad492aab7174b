/**
 * How far the stamps of an SDK may be from the truth, in nanoseconds, on either side. The TypeScript
 * SDK reads whole milliseconds and takes the three digits behind them from another clock; the others
 * write what one clock says.
 */
const ERROR_NS: Readonly<Record<string, number>> = { typescript: 1_000_000 };

/** How far the stamps of an SDK may be wrong; none is known of an SDK that does not say which it is (null). */
export function clockErrorNs(sdk: string | null): number {
  return sdk !== null && Object.hasOwn(ERROR_NS, sdk) ? (ERROR_NS[sdk] as number) : 0;
}

/** The greatest of all clock errors. */
export const CLOCK_ERROR_NS_MAX = Math.max(...Object.values(ERROR_NS));
