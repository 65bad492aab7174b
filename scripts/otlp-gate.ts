/**
 * Holds what is found in recordings of OpenTelemetry to what truly happened in them:
 * `npm run gate:otlp -- FOLDER [part of a name ...]`. A recording is a file of requests, one a line, as for
 * `npm run otlp`; `truth.json` says of each whether there was a race, and on what. Prints one line each, and
 * exits 1 when one differs. `--arrivals` sends each in every way in which it might have come.
 */
import { recordedExports, recordingNames } from '../test/support/otlp-recordings.ts';
import { type ArrivalName, arrivals } from './otlp-gate/arrivals.ts';
import { startGateServer } from './otlp-gate/gate-server.ts';
import { type Outcome, outcomeOf } from './otlp-gate/outcome.ts';
import { readTruths, type Truth } from './otlp-gate/truth.ts';

const [folder, ...rest] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npm run gate:otlp -- FOLDER [--arrivals] [part of a name ...]\n');
  process.exit(2);
}
const wanted = rest.filter((argument) => !argument.startsWith('--'));
const ways: readonly ArrivalName[] = rest.includes('--arrivals')
  ? (Object.keys(arrivals) as ArrivalName[])
  : ['recorded'];

async function outcomeFor(name: string, truth: Truth, way: ArrivalName): Promise<Outcome> {
  const server = await startGateServer();
  try {
    for (const one of arrivals[way](recordedExports(name, folder))) await server.send(one);
    return outcomeOf(name, truth, await server.issues(), way);
  } finally {
    await server.close();
  }
}

const truths = readTruths(folder);
const names = recordingNames(folder).filter(
  (name) => truths.has(name) && (wanted.length === 0 || wanted.some((part) => name.includes(part))),
);
const outcomes: Outcome[] = [];
const width = Math.max(9, ...names.map((name) => name.length));
const line = (...[name = '', ...cells]: readonly (string | number)[]) =>
  `${String(name).padEnd(width)}  ${cells.map((cell) => String(cell).padEnd(8)).join('')}\n`;
process.stdout.write(line('recording', 'race', 'told', 'row', 'issues', 'above E0', 'outcome'));
for (const name of names) {
  const truth = truths.get(name) as Truth;
  for (const way of ways) {
    const outcome = await outcomeFor(name, truth, way);
    outcomes.push(outcome);
    const { told, row, issues, above, fault } = outcome;
    const place = way === 'recorded' ? name : `  ${way}`;
    process.stdout.write(
      line(place, String(truth.race), told ?? '-', row ?? '-', issues, above, fault ?? 'right'),
    );
  }
}
const wrong = outcomes.filter(({ fault }) => fault !== null);
process.stdout.write(`${outcomes.length - wrong.length} of ${outcomes.length} right\n`);
if (outcomes.length === 0) process.exitCode = 2;
else if (wrong.length > 0) process.exitCode = 1;
