/**
 * Puts the program into few files: to find, open and compile seven hundred modules one by one takes a
 * quarter of a start. Packages stay packages: who installs the program sees them, their licences and their
 * faults. Names and lines are kept, and maps lead back to the source.
 */
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const parser = 'libpg-query';
const root = fileURLToPath(new URL('..', import.meta.url));

const bundle = await rolldown({
  cwd: root,
  input: { main: 'src/main.ts', worker: 'src/worker/worker.ts' },
  platform: 'node',
  external: (id) => id !== parser && !id.startsWith('.') && !isAbsolute(id),
  plugins: [{ name: 'postgres-parser', resolveId: placeOfParser }],
  onLog: (_, log) => {
    throw new Error(log.message);
  },
});
await bundle.write({
  dir: 'dist',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  sourcemap: true,
  minify: false,
});
await bundle.close();

/** The parser of PostgreSQL comes along (bundle-postgres-parser.mjs). */
function placeOfParser(id) {
  return id === parser ? { id: './libpg-query/index.cjs', external: true } : null;
}
