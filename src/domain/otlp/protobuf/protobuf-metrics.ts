import { WireReader } from './wire-reader.ts';

const RESOURCE_GROUP = 0x0a;
const SCOPE_GROUP = 0x12;
const METRIC = 0x12;
/** Gauge, sum, histogram, exponential histogram, summary. */
const DATA = new Set([0x2a, 0x3a, 0x4a, 0x52, 0x5a]);
const POINT = 0x0a;

/** How many data points an `ExportMetricsServiceRequest` has. */
export function countProtobufPoints(body: Buffer): number {
  const reader = new WireReader(body);
  return countBelow(reader, [
    (tag) => tag === RESOURCE_GROUP,
    (tag) => tag === SCOPE_GROUP,
    (tag) => tag === METRIC,
    (tag) => DATA.has(tag),
    (tag) => tag === POINT,
  ]);
}

/** Counts the messages at the end of a path of fields; as deep as the path, and no deeper. */
function countBelow(
  reader: WireReader,
  [isNext, ...rest]: readonly ((tag: number) => boolean)[],
): number {
  let count = 0;
  while (reader.hasMore) {
    const tag = reader.tag();
    if (isNext?.(tag) !== true) reader.skip(tag);
    else if (rest.length === 0) {
      reader.skip(tag);
      count += 1;
    } else {
      const outer = reader.enter();
      count += countBelow(reader, rest);
      reader.leave(outer);
    }
  }
  return count;
}
