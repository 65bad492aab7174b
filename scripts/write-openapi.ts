/** Writes the document of the HTTP API; a test holds it equal to what the server answers. */
import { writeFileSync } from 'node:fs';
import { openApiText } from './openapi-text.ts';

writeFileSync(new URL('../openapi.json', import.meta.url), await openApiText());
