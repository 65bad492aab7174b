import { interleavingLines } from './interleaving.ts';
import { type JudgedRace, type Judgement, summaryOf } from './judgement.ts';
import { plainText } from './plain-text.ts';
import { evidenceOf, meaningOf, placeText, remediesOf, titleOf } from './words.ts';

/** A JUnit report: a case per race that counts, failed when new, skipped when known. */
export function junitReport(judgement: Judgement): string {
  const cases = judgement.judged.filter(({ standing }) => standing !== 'weak');
  const failures = cases.filter(({ standing }) => standing === 'new').length;
  const summary = attribute(summaryOf(judgement));
  const body =
    cases.length === 0
      ? `    <testcase classname="raceway" name=${summary}/>`
      : cases.map(caseElement).join('\n');
  const counts = `tests="${Math.max(1, cases.length)}" failures="${failures}" errors="0"`;
  const remarks = judgement.reservations.map((text) => plainText(text, 400)).join('\n');
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="raceway" ${counts} skipped="${cases.length - failures}">`,
    body,
    ...(remarks === '' ? [] : [`    <system-out>${content(remarks)}</system-out>`]),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseElement({ race, standing }: JudgedRace): string {
  const [one, other] = race.places.map((place) => placeText(place));
  const name = `${titleOf(race)}: ${one} / ${other}`;
  const head = `    <testcase classname=${attribute(`raceway.${race.pattern}`)} name=${attribute(name)}>`;
  const message = attribute(`${meaningOf(race)} [${evidenceOf(race)}]`);
  const details = [
    `A  ${one}`,
    `B  ${other}`,
    ...interleavingLines(race),
    ...remediesOf(race).map((remedy) => `- ${remedy}`),
    `fingerprint ${plainText(race.fingerprint)}`,
  ].join('\n');
  const inner =
    standing === 'known'
      ? '      <skipped message="in the baseline"/>'
      : `      <failure type=${attribute(race.pattern)} message=${message}>${content(details)}</failure>`;
  return [head, inner, '    </testcase>'].join('\n');
}

function attribute(text: string): string {
  return `"${content(plainText(text, 500)).replaceAll('"', '&quot;')}"`;
}

function content(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\ufffe\uffff]/g, '\ufffd');
}
