import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { decide } from './decision.ts';
import { type Environment, isNothing, readEnvironment, type Setting } from './environment.ts';
import { ConfigError, type Fault, type Note } from './fault.ts';
import { notesOnHeap, type ProcessMemory } from './memory-notes.ts';
import { notesOn } from './notes.ts';
import { plainSecrets } from './plain-secrets.ts';
import { type Config, type DeepReadonly, keys, settingsSchema } from './schema.ts';
import { emptyTree, placeIn, readToml, type Tree, valueAt } from './toml.ts';
import { treeFaults } from './tree-fault.ts';
import type { Key } from './values/key.ts';
import { readTextFile, type TextFile } from './values/text-file.ts';

/** Where a configuration comes from: the command line wins over variables, these over the file. */
export interface LoadOptions {
  /** `--config`; left out, the file is RACEWAY_CONFIG or ./raceway.toml; null: no file is read. */
  readonly file?: string | null | undefined;
  /** `--host` */
  readonly host?: string | undefined;
  /** `--port`; only here may it be 0, which means any free port. */
  readonly port?: string | number | undefined;
  /** `--otlp-http-port` */
  readonly otlpHttpPort?: string | undefined;
  /** `--otlp-grpc-port` */
  readonly otlpGrpcPort?: string | undefined;
  readonly environment: Environment;
  /** The folder that names of files start from; left out, that of the process. */
  readonly cwd?: string;
  /** What the process may take; left out, it is no matter. */
  readonly memory?: ProcessMemory;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly Note[];
  /** For each key by name, the file, variable or option that its value comes from, or `default`. */
  readonly sources: ReadonlyMap<string, string>;
  /** Every file that was read, as an absolute path. */
  readonly files: readonly string[];
  /** Keys in effect whose secret itself stands in the TOML file. */
  readonly plainSecrets: readonly string[];
}

const defaultFile = 'raceway.toml';
const fileVariable = 'RACEWAY_CONFIG';
const anyFreePort = /^0+$/;

/**
 * Reads everything that configures the server.
 *
 * @throws {ConfigError} with every fault of every source; nothing falls back to a default
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const cwd = options.cwd ?? process.cwd();
  const files = new Set<string>();
  const readFile = (path: string): TextFile => {
    const absolute = resolve(cwd, path);
    files.add(absolute);
    return readTextFile(absolute);
  };
  const file = readConfigFile(options, cwd, readFile);
  const variables = readEnvironment(options.environment, readFile);
  const commandLine = readCommandLine(options);
  const faults = [
    ...file.faults,
    ...variables.faults,
    ...faultsOfSettings(variables.settings),
    ...faultsOfSettings(commandLine),
  ];

  const settings = [...file.settings, ...variables.settings, ...commandLine];
  const sources = new Map(keys.map((key) => [key.name, 'default']));
  for (const { key, source } of settings) sources.set(key.name, source);
  const faulty = new Set(faults.map((fault) => fault.key));
  const sound = settings.filter(({ key }) => !isFaulty(key, faulty));
  const decision = decide(settingsSchema.parse(treeOf(sound)), {
    sources,
    faulty,
    readFile,
    availableBytes: options.memory?.availableBytes ?? Number.POSITIVE_INFINITY,
  });
  faults.push(...decision.faults);
  if (faults.length > 0) throw new ConfigError(faults);

  const { config } = decision;
  if (anyFreePort.test(String(options.port))) {
    config.server.port = 0;
    sources.set('server.port', '--port');
  }
  const notes = [
    ...variables.notes,
    ...decision.notes,
    ...notesOn(config),
    ...notesOnHeap(config.memory, options.memory),
  ];
  const plain = file.plainSecrets.filter((name) => sources.get(name) === file.path);
  return { config: frozen(config), notes, sources, files: [...files], plainSecrets: plain };
}

interface FileReading {
  /** As it was named; null without a file. */
  readonly path: string | null;
  readonly plainSecrets: readonly string[];
  readonly settings: Setting[];
  readonly faults: Fault[];
}

const noFile: FileReading = { path: null, plainSecrets: [], settings: [], faults: [] };

function readConfigFile(
  { file, environment }: LoadOptions,
  cwd: string,
  readFile: (path: string) => TextFile,
): FileReading {
  const named = namedFile(file, environment);
  if (named !== null && isNothing(named.path)) {
    const fault = {
      source: named.by,
      key: '',
      reason: 'is set but empty; name a file or leave it out',
    };
    return { ...noFile, faults: [fault] };
  }
  const isThere = lstatSync(resolve(cwd, defaultFile), { throwIfNoEntry: false }) !== undefined;
  const path = named?.path ?? (file === undefined && isThere ? defaultFile : null);
  if (path === null) return noFile;
  const content = readFile(path);
  if ('text' in content) return readConfigText(content.text, path, environment);
  const fault =
    named === null
      ? { source: path, key: '', reason: content.fault }
      : { source: named.by, key: '', reason: `names the file ${path}, which ${content.fault}` };
  return { ...noFile, faults: [fault] };
}

function namedFile(file: string | null | undefined, environment: Environment) {
  if (file === null) return null;
  if (file !== undefined) return { by: '--config', path: file };
  const path = environment[fileVariable];
  return path === undefined ? null : { by: fileVariable, path };
}

function readConfigText(text: string, source: string, environment: Environment): FileReading {
  const { written, filled, faults } = readToml(text, source, environment);
  const settings = keys.flatMap((key) => {
    const value = valueAt(filled, key.path);
    return value === undefined ? [] : [{ key, value, source }];
  });
  const plain = plainSecrets(written);
  return {
    path: source,
    plainSecrets: plain,
    settings,
    faults: [...faults, ...treeFaults(filled, written, () => source)],
  };
}

function readCommandLine({ host, port, otlpHttpPort, otlpGrpcPort }: LoadOptions): Setting[] {
  const isAnyPort = port === undefined || anyFreePort.test(String(port));
  const given: Readonly<
    Record<string, readonly [source: string, value: string | number | undefined]>
  > = {
    'server.host': ['--host', host],
    'server.port': ['--port', isAnyPort ? undefined : port],
    'otlp.http_port': ['--otlp-http-port', otlpHttpPort],
    'otlp.grpc_port': ['--otlp-grpc-port', otlpGrpcPort],
  };
  return keys.flatMap((key) => {
    const [source, text] = given[key.name] ?? [];
    if (source === undefined || text === undefined) return [];
    const isNumber = key.name !== 'server.host' && /^\d{1,15}$/.test(String(text));
    return [{ key, value: isNumber ? Number(text) : text, source }];
  });
}

function faultsOfSettings(settings: readonly Setting[]): Fault[] {
  const tree = treeOf(settings);
  const sources = new Map(settings.map(({ key, source }) => [key.name, source]));
  return treeFaults(tree, tree, (name) => sources.get(name) ?? name);
}

/** Of two settings of one key the later one counts. */
function treeOf(settings: readonly Setting[]): Tree {
  const tree = emptyTree();
  for (const { key, value } of settings) placeIn(tree, key.path, value);
  return tree;
}

/** Whether there is a fault at the key or at a table around it. */
function isFaulty(key: Key, faulty: ReadonlySet<string>): boolean {
  return key.path.some((_, end) => faulty.has(key.path.slice(0, end + 1).join('.')));
}

function frozen<T extends object>(value: T): DeepReadonly<T> {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) frozen(member);
  }
  return Object.freeze(value) as DeepReadonly<T>;
}
