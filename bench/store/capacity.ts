import type { SizeFigures } from './figures.ts';

/** So many events a second, kept for so many days. */
const wanted = [
  [100, 30],
  [1000, 7],
  [1000, 30],
  [5000, 7],
  [20_000, 7],
] as const;
/** Half of a processor is left for peaks, readers and vacuum. */
const PROCESSOR_SHARE = 0.5;
/** Of a disk that is left for the log, dead rows and growth. */
const DISK_ROOM = 0.3;
/** Memory that clouds give with a processor. */
const GIGABYTES_PER_PROCESSOR = 8;
/** Dollars of a month, as clouds list them: a processor with that memory, and a GB of network disk. */
const DOLLARS_PER_PROCESSOR = 37;
const DOLLARS_PER_GIGABYTE = 0.08;
const SECONDS_PER_DAY = 86_400;
/** What each event goes through once. */
const stations = ['storing', 'analysing', 'retention'];

/**
 * What rates would take, from what an event took in a run. The log is that of the moment after a checkpoint, when
 * every page that is touched is written whole.
 */
export function capacityTable({ work, diskBytes, events }: SizeFigures): string {
  const steps = work.filter(({ name }) => stations.includes(name));
  const sum = (of: (step: (typeof steps)[number]) => number) =>
    steps.reduce((total, step) => total + of(step), 0);
  const postgresMicros = sum((step) => step.postgresMicros);
  const serverMicros = sum((step) => step.serverMicros);
  const walBytes = sum((step) => step.walBytes);
  const rows = wanted.map(([perSecond, days]) => {
    const [database, servers] = [postgresMicros, serverMicros].map((micros) =>
      Math.max(1, Math.ceil((perSecond * micros) / 1e6 / PROCESSOR_SHARE)),
    ) as [number, number];
    const storedBytes = perSecond * SECONDS_PER_DAY * days * (diskBytes / events);
    const gigabytes = (storedBytes * (1 + DISK_ROOM)) / 1e9;
    const dollars = (database + servers) * DOLLARS_PER_PROCESSOR + gigabytes * DOLLARS_PER_GIGABYTE;
    return [
      perSecond.toLocaleString('en'),
      String(days),
      `${database} + ${servers}`,
      `${database * GIGABYTES_PER_PROCESSOR} + ${servers * GIGABYTES_PER_PROCESSOR} GB`,
      `${Math.round(gigabytes).toLocaleString('en')} GB`,
      `${((perSecond * walBytes) / 1e6).toFixed(1)} MB/s`,
      `$${Math.round(dollars).toLocaleString('en')}`,
    ];
  });
  return [
    [
      'events/s',
      'days',
      'processors: database + servers',
      'memory',
      'disk',
      'log at most',
      'a month',
    ],
    ['---', '---', '---', '---', '---', '---', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
