// One tool lints and formats: typescript-eslint's strict rules, and @stylistic for the look.
import stylistic from '@stylistic/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['**/*.js', '!eslint.config.js', '.tap', 'docs/site', 'exercises', 't/refused'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/dot-notation': 'off', // $['$'] is one of a family of glyphs
      '@typescript-eslint/no-dynamic-delete': 'off', // as %ENV and %SIG need it
      '@typescript-eslint/related-getter-setter-pairs': 'off', // %ENV takes clean strings and gives tainted ones
      '@typescript-eslint/unbound-method': 'off', // libc() and Error are tables of functions
      'eqeqeq': 'error',
    },
  },
  stylistic.configs.customize({ semi: true, braceStyle: '1tbs', commaDangle: 'always-multiline', arrowParens: true }),
  {
    rules: {
      '@stylistic/max-len': ['error', { code: 128 }],
      '@stylistic/max-statements-per-line': ['error', { max: 2 }],
      '@stylistic/quote-props': ['error', 'consistent-as-needed'],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
      '@stylistic/operator-linebreak': ['error', 'before'],
    },
  },
  {
    // A test says what it asserts: "should be equal" tells nobody what is wrong.
    files: ['t/**/*.ts', 'docs/exercises/**/*.t.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...[
        ['ok|notOk', 2],
        ['equal|same|match|not|notSame|notMatch|strictSame|type|throws|rejects', 3],
      ].map(([names, count]) => ({
        selector: `CallExpression[callee.object.name="t"][callee.property.name=/^(?:${names})$/][arguments.length<${count}]`,
        message: 'Say in words what a student sees here.',
      }))],
    },
  },
  {
    // The mirror: its lines end in the Perl's line numbers, at one column.
    files: ['eliza_hup.ts', 'Daemon.ts'],
    rules: {
      '@stylistic/no-multi-spaces': ['error', { ignoreEOLComments: true }],
      '@stylistic/no-multiple-empty-lines': 'off',
      '@stylistic/padded-blocks': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off', // `fork() ?? log_warn(…)`, Perl's `or`
      'no-var': 'off', // as `my` at the top of a file: there, undefined, before its line has run
    },
  },
);
