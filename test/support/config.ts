import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/config/environment.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../../src/config/load.ts';

/** A configuration as somebody writes it; every part may be left out. */
export interface ConfigSketch extends Omit<LoadOptions, 'environment' | 'cwd'> {
  /** The text of raceway.toml. */
  readonly toml?: string | Buffer;
  /** Other files of the folder, by name. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly environment?: Environment;
}

/** Loads a configuration from a folder of its own. */
export function load(sketch: ConfigSketch): LoadedConfig {
  const { toml, files = {}, environment = {}, ...options } = sketch;
  const cwd = mkdtempSync(join(tmpdir(), 'raceway-config-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    if (toml !== undefined) writeFileSync(join(cwd, 'raceway.toml'), toml);
    return loadConfig({ ...options, environment, cwd });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The faults of a configuration, one line each, as the operator reads them. */
export function faultLines(sketch: ConfigSketch): string[] {
  try {
    load(sketch);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => line.slice(2));
  }
  return [];
}
