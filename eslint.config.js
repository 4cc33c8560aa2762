// One tool lints and formats: typescript-eslint's strict rules, and @stylistic for the look.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import stylistic from '@stylistic/eslint-plugin';
import { defineConfig } from 'eslint/config';
import ts from 'typescript';
import tseslint from 'typescript-eslint';

const perl = resolve(import.meta.dirname, 'perl');

/** The project's files that a file imports or exports from, types too. */
const imports = (file) => ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles
  .map(({ fileName }) => fileName)
  .filter((name) => name.startsWith('.'))
  .map((name) => resolve(dirname(file), name));

/** The imports, one after the other, that lead from a file to another; undefined where none do. */
function way(from, to, seen = new Set()) {
  if (from === to) return [to];
  if (seen.has(from) || !from.endsWith('.ts')) return undefined;
  seen.add(from);
  for (const next of imports(from)) {
    const rest = way(next, to, seen);
    if (rest) return [from, ...rest];
  }
  return undefined;
}

/** No file imports, by whatever way, itself; and nothing in perl/ imports what is outside, which is built on it. */
const layers = {
  create(context) {
    const check = ({ source }) => {
      if (!source?.value.startsWith('.')) return;
      const file = context.filename;
      const imported = resolve(dirname(file), source.value);
      if (!relative(perl, file).startsWith('..') && relative(perl, imported).startsWith('..')) {
        context.report({ node: source, message: 'perl/ imports nothing from outside perl/' });
      }
      const circle = way(imported, file);
      if (!circle) return;
      const names = [file, ...circle].map((name) => relative(import.meta.dirname, name));
      context.report({ node: source, message: `import circle: ${names.join(' > ')}` });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

/** process.kill of 0, which is what a pid file that is not there gives, would signal the whole group of who runs the tests. */
const direct_kill = [
  'CallExpression[callee.object.name="process"][callee.property.name="kill"]',
  'ImportDeclaration[source.value=/^(?:node:)?process$/] ImportSpecifier[imported.name="kill"]',
].map((selector) => ({ selector, message: 'Signals go by send() of tools/common/processes.ts, which refuses what is no pid' }));

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
      'no-restricted-syntax': ['error', ...direct_kill],
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
      'no-restricted-syntax': ['error', ...direct_kill, ...[
        ['ok|notOk', 2],
        ['equal|same|match|not|notSame|notMatch|strictSame|type|throws|rejects', 3],
      ].map(([names, count]) => ({
        selector: `CallExpression[callee.object.name="t"][callee.property.name=/^(?:${names})$/][arguments.length<${count}]`,
        message: 'Say in words what a student sees here.',
      }))],
    },
  },
  {
    files: ['perl/**/*.ts', 'Chatbot/*.ts', 'eliza_hup.ts', 'Daemon.ts'],
    plugins: { local: { rules: { layers } } },
    rules: { 'local/layers': 'error' },
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
  {
    // The steps towards it.
    files: ['docs/steps/*.ts'],
    rules: { '@typescript-eslint/no-confusing-void-expression': 'off', 'no-var': 'off' },
  },
);
