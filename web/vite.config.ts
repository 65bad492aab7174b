import { defineConfig } from 'vite';
import { packAssets } from './pack-assets.ts';

/** Where `npm run dev` has the server. */
const server = 'http://127.0.0.1:8080';

export default defineConfig({
  // Relative, so that the pages work below any prefix.
  base: './',
  plugins: [packAssets()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: { '/api': server } },
});
