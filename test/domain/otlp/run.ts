/**
 * Holds the reading and storing of OTLP to recordings of another folder: `npm run otlp -- FOLDER`. Each
 * line of a recording is a request: `{path, headers, body}` with a body in JSON, or `body_base64`.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const [folder = ''] = process.argv.slice(2);
if (!existsSync(folder)) throw new Error('name a folder of recordings: npm run otlp -- FOLDER');
process.env['RACEWAY_OTLP_RECORDINGS'] = resolve(folder);
await import('./recordings.test.ts');
await import('../../http/otlp.test.ts');
