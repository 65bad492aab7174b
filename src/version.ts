import { readFileSync } from 'node:fs';

/** The version of the package, as `--version` and `/status` tell it. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
