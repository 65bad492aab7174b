/**
 * The steps of a release that are more than a command, as .github/workflows/release.yml runs them:
 *
 *   npm run release -- check TAG       the tag, the package and the changelog agree
 *   npm run release -- notes VERSION   what the changelog says of a version
 *   npm run release -- sbom FILE       what the package brings in, as CycloneDX
 *   npm run release -- checksum FILE   its line for sha256sum --check
 *   npm run release -- advisories      fails for a known hole of high severity in what runs
 *   npm run release -- keep-api        makes openapi.json the one that later versions are held to
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAudit } from './advisories.ts';
import { billOfMaterials, checksumLine, type LockFile } from './bill-of-materials.ts';
import { changelogSection, tagFaults } from './changelog.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
const changelog = readFileSync(`${root}CHANGELOG.md`, 'utf8');

const steps: Readonly<Record<string, (argument: string) => number>> = {
  check(tag) {
    const faults = tagFaults(tag, version, changelog);
    for (const fault of faults) process.stderr.write(`${fault}\n`);
    return faults.length === 0 ? 0 : 1;
  },
  notes(wanted) {
    const section = changelogSection(changelog, wanted);
    process.stdout.write(`${section?.text ?? ''}\n`);
    return section === null ? 1 : 0;
  },
  sbom(file) {
    const lock = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as LockFile;
    writeFileSync(
      file,
      `${JSON.stringify(billOfMaterials(lock), null, 2)}
`,
    );
    return 0;
  },
  checksum(file) {
    process.stdout.write(checksumLine(readFileSync(file), basename(file)));
    return 0;
  },
  advisories() {
    const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
      cwd: root,
      encoding: 'utf8',
    });
    const outcome = readAudit(stdout);
    if (outcome.kind === 'unanswered') {
      process.stderr.write(`### SKIPPED: the registry tells no advisories (${outcome.reason}).\n`);
      return 0;
    }
    for (const name of outcome.blocking) process.stderr.write(`known hole: ${name}\n`);
    process.stdout.write(
      `${outcome.blocking.length} that keep a release back, ${outcome.otherCount} others\n`,
    );
    return outcome.blocking.length === 0 ? 0 : 1;
  },
  'keep-api'() {
    copyFileSync(`${root}openapi.json`, `${root}test/fixtures/released/openapi.json`);
    return 0;
  },
};

const [name = '', argument = ''] = process.argv.slice(2);
const step = steps[name];
if (step === undefined) {
  process.stderr.write(`the steps are ${Object.keys(steps).join(', ')}\n`);
  process.exitCode = 2;
} else process.exitCode = step(argument);
