/** The moment that a walk over the list began, as its cursor holds it. */
export interface WalkStart {
  /** The system identifier of the cluster. */
  readonly cluster: string;
  /** The shape of a `pg_snapshot`: `xmin:xmax:xip,xip,…`. */
  readonly snapshot: string;
}

/** What `selectTracePage` gives of the moment. */
const READ = /^(-?\d{1,20})\/(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)$/;
const PACKED =
  /^(-?\d{1,20})\.([\da-f]{1,16})\.([\da-f]{1,16})\.((?:[\da-f]{1,16}(?:,[\da-f]{1,16})*)?)$/;

/**
 * Packs the moment for a cursor: each transaction id is its distance from the one before, in
 * hexadecimal, so that hundreds of open transactions fit into a URL.
 */
export function packWalkStart(read: string): string {
  const [, cluster = '', least = '', next = '', open = ''] = READ.exec(read) ?? [];
  if (cluster === '') throw new Error('this is no moment of Postgres');
  let before = BigInt(least);
  const distances = listOf(open).map((text) => {
    const id = BigInt(text);
    const distance = id - before;
    before = id;
    return distance.toString(16);
  });
  const numbers = [BigInt(least), BigInt(next) - BigInt(least)].map((id) => id.toString(16));
  return [cluster, ...numbers, distances.join(',')].join('.');
}

/** The moment that a cursor holds; null when it holds none. */
export function unpackWalkStart(packed: string): WalkStart | null {
  const [, cluster, least = '', length = '', open = ''] = PACKED.exec(packed) ?? [];
  if (cluster === undefined) return null;
  let id = number(least);
  const next = id + number(length);
  const ids = listOf(open).map((distance) => {
    id += number(distance);
    return id;
  });
  return { cluster, snapshot: `${number(least)}:${next}:${ids.join(',')}` };
}

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

function number(hexadecimal: string): bigint {
  return BigInt(`0x${hexadecimal}`);
}
