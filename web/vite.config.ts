import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// The build's directory is named by the C++ build, which puts the files into the binary.
const outDir = process.env.POSTROOM_WEB_OUT ?? 'dist';

// `npm run dev` talks to a running Postroom; with POSTROOM_KEY it does so as that API key.
const backend = process.env.POSTROOM_URL ?? 'http://127.0.0.1:8600';
const key = process.env.POSTROOM_KEY;

// Few files for a page, each of which most pages need: what it is asked for one by one costs more than its bytes.
const CHUNKS: [string, RegExp][] = [
  // What fetches the others waits for none of them.
  ['first', /vite\/preload-helper|src\/(doors|lib\/(early|remembered|languages))\.ts$/],
  // What changes with React's versions, not with ours, stays in browsers' caches over our releases.
  ['vendor', /node_modules\/(react|react-dom|scheduler|wouter|regexparam|use-sync-external-store|@tanstack[\\/](query-core|react-query))\//],
  ['kit', /node_modules\/lucide-react\/|src\/App\.tsx$|src\/shell\/Fault\.tsx$|src\/ui\/(kit|status|form|overlay|Toasts)\.tsx$|src\/lib\/(later|leaving|starting|store|session|prefs|i18n|format|toasts|errors|page|url|live|lookups|filters|shortcuts|clock)\.tsx?$|src\/api\/|@base-ui\/react\/(csp-provider|internals\/csp-context)/],
];
const chunkOf = (id: string) => CHUNKS.find(([, of]) => of.test(id))?.[0];

/** What every page needs is named in the page itself: nothing has to be parsed before it is asked for. */
const ahead: Plugin = {
  name: 'ahead',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) =>
      Object.values(bundle ?? {}).flatMap((file) =>
        file.type === 'chunk' && ['vendor', 'kit', 'start'].includes(file.name)
          ? [{ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file.fileName}` }, injectTo: 'head' as const }]
          : []),
  },
};

export default defineConfig({
  plugins: [react(), ahead],
  build: {
    outDir,
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // Everything is a file of its own: the content security policy knows no inline script, style or font.
    assetsInlineLimit: 0,
    // 4 % less to fetch and to parse than esbuild makes of it.
    minify: 'terser',
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        manualChunks: chunkOf,
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: backend, headers: key ? { authorization: `Bearer ${key}` } : {} },
    },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    setupFiles: ['src/testing.ts'],
    testTimeout: 30_000,
  },
});
