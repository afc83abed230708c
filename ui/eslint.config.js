import js from '@eslint/js'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import importX from 'eslint-plugin-import-x'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

/** Words belong into messages/*.json, so that both languages are complete. */
const han = '/[\\u3400-\\u9fff]/'
const wordsBelongInMessages = [
  { selector: `SvelteText[value=${han}]`, message: 'Put this text into messages/*.json.' },
  { selector: `SvelteLiteral[value=${han}]`, message: 'Put this text into messages/*.json.' },
  { selector: `Literal[value=${han}]`, message: 'Put this text into messages/*.json.' },
  { selector: `TemplateElement[value.raw=${han}]`, message: 'Put this text into messages/*.json.' },
]

const restrictedImports = (withoutTauri) => ({
  paths: [
    {
      name: '@lucide/svelte',
      message: "Import '@lucide/svelte/icons/<name>': the index is four thousand modules.",
      allowTypeImports: true,
    },
  ],
  patterns: withoutTauri ? [{ group: ['@tauri-apps/*'], message: 'Only src/ipc talks to Tauri.' }] : [],
})

export default ts.config(
  { ignores: ['dist/', 'src/paraglide/', 'node_modules/', 'src/ipc/bindings.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    // `parserOptions` stand here for import-x too, which parses the files it follows with them.
    languageOptions: { globals: globals.browser, parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: './tsconfig.json' })],
      'import-x/extensions': ['.ts', '.svelte'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'], 'svelte-eslint-parser': ['.svelte'] },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'no-eval': 'error',
      'no-new-func': 'error',
      '@typescript-eslint/no-restricted-imports': ['error', restrictedImports(true)],
      'no-restricted-syntax': ['error', ...wordsBelongInMessages],
      'svelte/no-at-html-tags': 'error',
      'svelte/no-inline-styles': 'off',
      // The router is a hash router of our own; there is no SvelteKit here.
      'svelte/no-navigation-without-resolve': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['src/ipc/**'], rules: { '@typescript-eslint/no-restricted-imports': ['error', restrictedImports(false)] } },
  // The gallery is never built; its sample sentences and those of tests are not words of the product.
  { files: ['src/gallery/**', '**/*.test.ts', 'src/testing/**'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['*.config.ts', '*.config.js'], languageOptions: { globals: globals.node } },
)
