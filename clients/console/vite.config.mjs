import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));

export default defineConfig({
  root: here,
  // Relative: the gateway puts its path prefix into index.html, and the modules find each other beside themselves.
  base: './',
  plugins: [react()],
  resolve: { alias: { '@duplex/client': join(here, '../typescript/src/index.ts') } },
  build: {
    outDir: join(here, '../../dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy lets nothing in that is not a file of the gateway.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'assets/licences.txt' },
    chunkSizeWarningLimit: 600,
  },
});
