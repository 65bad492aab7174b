import { createHash } from 'node:crypto';

/** The members of package-lock.json that are read here. */
export interface LockFile {
  readonly name: string;
  readonly version: string;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly name?: string;
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages that the build puts into the program: for npm they are needed for development alone. */
const bundled: readonly string[] = ['libpg-query'];

/**
 * What an installation of Raceway brings in, as a CycloneDX document: the same lock file gives the
 * same text. Not by `npm sbom --omit=dev`, which leaves out what development packages need too.
 */
export function billOfMaterials({ name, version, packages }: LockFile): object {
  const runtime = Object.entries(packages).filter(
    ([path, { dev, devOptional }]) =>
      bundled.includes(nameOf(path)) || (path !== '' && dev !== true && devOptional !== true),
  );
  const references = new Map(runtime.map(([path, entry]) => [path, purl(nameOf(path), entry)]));
  const root = `pkg:npm/${name}@${version}`;
  const dependsOn = (path: string, entry: LockedPackage) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .flatMap((wanted) => references.get(pathOf(wanted, path, packages)) ?? [])
      .sort();
  const bundledIn = runtime.flatMap(([path, entry]) =>
    bundled.includes(nameOf(path)) ? purl(nameOf(path), entry) : [],
  );
  const components = new Map(
    runtime.map(([path, entry]) => [references.get(path), component(nameOf(path), entry)]),
  );
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { 'bom-ref': root, type: 'application', name, version, purl: root },
    },
    components: [...components.values()],
    dependencies: [
      { ref: root, dependsOn: [...dependsOn('', packages[''] ?? { version }), ...bundledIn] },
      ...[...new Map(runtime.map(([path, entry]) => [references.get(path), { path, entry }]))].map(
        ([ref, { path, entry }]) => ({ ref, dependsOn: dependsOn(path, entry) }),
      ),
    ],
  };
}

function component(name: string, entry: LockedPackage): object {
  const [algorithm, digest = ''] = entry.integrity?.split('-') ?? [];
  const reference = purl(name, entry);
  const isExpression = entry.license?.includes(' ') === true;
  return {
    'bom-ref': reference,
    type: 'library',
    name,
    version: entry.version,
    scope: entry.optional === true ? 'optional' : 'required',
    purl: reference,
    ...(algorithm !== 'sha512'
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
    ...(entry.license === undefined
      ? {}
      : {
          licenses: [
            isExpression ? { expression: entry.license } : { license: { id: entry.license } },
          ],
        }),
  };
}

function purl(name: string, { version }: LockedPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Where Node finds a package that one at `from` asks for: the nearest folder upwards that has it. */
function pathOf(wanted: string, from: string, packages: LockFile['packages']): string {
  for (
    let base = from;
    ;
    base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules/') - 1))
  ) {
    const path = `${base === '' ? '' : `${base}/`}node_modules/${wanted}`;
    if (packages[path] !== undefined || base === '') return path;
  }
}

/** The line that `sha256sum` prints of a file, so that it can check it. */
export function checksumLine(content: Buffer, name: string): string {
  return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
}
