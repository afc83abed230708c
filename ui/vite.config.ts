import { paraglideVitePlugin } from '@inlang/paraglide-js'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

// Only `index.html` is built. `gallery.html` is served by `npm run dev` and never reaches the product.
export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/paraglide',
      strategy: ['globalVariable', 'baseLocale'],
      emitTsDeclarations: true,
    }),
    svelte(),
    svelteTesting(),
  ],
  resolve: { tsconfigPaths: true },
  clearScreen: false,
  server: { port: 1420, strictPort: true },
  build: {
    // Android 9 tablets with an updated WebView, WebKitGTK 2.50, WebView2.
    target: ['es2022', 'chrome111', 'safari16'],
    outDir: 'dist',
    emptyOutDir: true,
    // The CSP has no `unsafe-inline` for scripts; the polyfill would be the only inline script.
    modulePreload: { polyfill: false },
    // Fonts stay files: `font-src 'self'`.
    assetsInlineLimit: 0,
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['./src/testing/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
    // The contrast test reads the tokens; other styles mean nothing in jsdom.
    css: { include: /tokens\.css/ },
  },
})
