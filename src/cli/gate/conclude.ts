import { writeFileSync } from 'node:fs';
import { RacewayError } from '../../domain/errors.ts';
import { baselineText, KnownRaces } from '../../report/baseline-file.ts';
import { type Judgement, judge, racesThat } from '../../report/judgement.ts';
import { junitReport } from '../../report/junit.ts';
import { markdownReport } from '../../report/markdown.ts';
import { sarifReport } from '../../report/sarif.ts';
import { withLocalPlaces } from '../../report/source-place.ts';
import { terminalReport } from '../../report/terminal.ts';
import { packageVersion } from '../../version.ts';
import type { Context } from '../context.ts';
import type { RaceList } from '../race-list.ts';
import type { GateSettings } from './gate-settings.ts';

/** Judges what was found, tells it, writes the files that were asked for, and gives the exit code. */
export function conclude(
  { races, reservations, isStale }: RaceList,
  settings: GateSettings,
  context: Context,
): number {
  const { cwd } = context;
  const known = new KnownRaces(settings.baseline);
  const local = races.map((race) => withLocalPlaces(race, cwd));
  const judged = judge(local, settings.failOn, (race) => known.has(race));
  const judgement: Judgement = { judged, failOn: settings.failOn, reservations };
  context.tell(terminalReport(judgement));
  const { junit, sarif, markdown } = settings.reportFiles;
  if (junit !== null) write(junit, junitReport(judgement));
  if (sarif !== null) write(sarif, sarifReport(judgement, packageVersion()));
  if (markdown !== null) write(markdown, markdownReport(judgement));
  if (settings.newBaselineFile !== null) {
    const counted = [...racesThat('new', judgement), ...racesThat('known', judgement)];
    write(settings.newBaselineFile, baselineText(counted));
    return isStale ? 1 : 0;
  }
  if (racesThat('new', judgement).length > 0) return settings.exitCode;
  // Nobody knows yet: neither red for races nor green.
  return isStale ? 1 : 0;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RacewayError('bad_request', `${path} cannot be written (${code})`, { cause });
  }
}

/** How long the analysis of what was stored may take. */
export const analysisMsMax = 120_000;

/** The weakest evidence that is read: weaker races than those that fail are told by a line each. */
export function evidenceRead(failOn: string): string {
  return failOn < 'E1' ? failOn : 'E1';
}
