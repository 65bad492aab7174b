/** Writes the files that follow from the configuration schema; a test holds them equal to it. */
import { writeFileSync } from 'node:fs';
import { configurationPage, exampleFile } from '../src/config/documentation.ts';

writeFileSync(new URL('../raceway.toml.example', import.meta.url), exampleFile());
writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
