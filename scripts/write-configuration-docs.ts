/** Writes the files that follow from the configuration schema; a test holds them equal to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationPage, exampleFile, withSettingsTable } from '../src/config/documentation.ts';

const root = new URL('../', import.meta.url);
writeFileSync(new URL('raceway.toml.example', root), exampleFile());
writeFileSync(new URL('docs/configuration.md', root), configurationPage());
const readme = new URL('README.md', root);
writeFileSync(readme, withSettingsTable(readFileSync(readme, 'utf8')));
