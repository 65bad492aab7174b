import type { JudgedRace, Judgement } from './judgement.ts';
import { plainText } from './plain-text.ts';
import type { Place } from './race.ts';
import { sourcePlace } from './source-place.ts';
import { evidenceOf, meaningOf, placeText, remediesOf, titleOf } from './words.ts';

/** A SARIF 2.1.0 log, for code scanning: a result per race that counts, at its two places. */
export function sarifReport(judgement: Judgement, version: string): string {
  const counted = judgement.judged.filter(({ standing }) => standing !== 'weak');
  const patterns = [...new Set(counted.map(({ race }) => race.pattern))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'Raceway', semanticVersion: version, rules: patterns.map(rule) },
        },
        originalUriBaseIds: { SRCROOT: { description: { text: 'The folder of the project.' } } },
        results: counted.map((one) => result(one, patterns)),
        ...(judgement.reservations.length === 0
          ? {}
          : {
              invocations: [
                {
                  executionSuccessful: true,
                  toolExecutionNotifications: judgement.reservations.map((text) => ({
                    level: 'warning',
                    message: { text: plainText(text, 400) },
                  })),
                },
              ],
            }),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function rule(pattern: string): object {
  const text = plainText(pattern.replaceAll('_', ' '));
  return { id: plainText(pattern), shortDescription: { text: `A race: ${text}` } };
}

function result({ race, standing }: JudgedRace, patterns: readonly string[]): object {
  const [one, other] = race.places.map((place) => placeText(place));
  const lines = [
    `${titleOf(race)}. ${meaningOf(race)} A: ${one}. B: ${other}.`,
    ...remediesOf(race).map((remedy) => `To close it: ${remedy}.`),
  ];
  // The place that a reviewer sees should be one in the code, if either is.
  const [first, second] =
    sourcePlace(race.places[0].location) === null ? [race.places[1], race.places[0]] : race.places;
  return {
    ruleId: plainText(race.pattern),
    ruleIndex: patterns.indexOf(race.pattern),
    level: race.severity === 'CRITICAL' ? 'error' : 'warning',
    message: { text: lines.join('\n') },
    locations: [location(first)],
    relatedLocations: [{ id: 1, message: { text: 'races with this' }, ...location(second) }],
    partialFingerprints: { 'raceway/v1': plainText(race.fingerprint) },
    baselineState: standing === 'known' ? 'unchanged' : 'new',
    ...(standing === 'known'
      ? { suppressions: [{ kind: 'external', justification: 'in the baseline' }] }
      : {}),
    properties: {
      evidence: evidenceOf(race),
      variable: plainText(race.variable),
      ...(race.firstRelease === '' ? {} : { firstRelease: plainText(race.firstRelease) }),
      ...(race.lastRelease === '' ? {} : { lastRelease: plainText(race.lastRelease) }),
    },
  };
}

function location(place: Place): object {
  const source = sourcePlace(place.location);
  const logicalLocations = [{ fullyQualifiedName: placeText(place), kind: 'function' }];
  if (source === null) return { logicalLocations };
  return {
    physicalLocation: {
      artifactLocation: {
        uri: source.path.split('/').map(encodeURIComponent).join('/'),
        uriBaseId: 'SRCROOT',
      },
      region: { startLine: source.line },
    },
    logicalLocations,
  };
}
