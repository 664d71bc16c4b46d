import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { exportedDocs } from './scripts/exported-docs.mjs';

const because = 'infrastructure gives it to whoever needs it, so that tests can give something else';

/** Globals by which code would reach for the outside world instead of being handed it. */
const ambient = (names) => names.map((name) => ({ name, message: `Take it as a parameter or a port: ${because}.` }));

const OUTSIDE = ['process', 'console', 'performance', 'global', 'globalThis'];
const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate'];
const NETWORK = ['fetch', 'WebSocket', 'EventSource', 'BroadcastChannel', 'Worker', 'navigator'];

/** The clock and chance, where the global itself has harmless uses. */
const impureProperties = [
  { object: 'Date', property: 'now', message: `Use the Clock port: ${because}.` },
  { object: 'Math', property: 'random', message: `Take a source of chance as a parameter: ${because}.` },
];
const noClock = {
  selector: "NewExpression[callee.name='Date'][arguments.length=0]",
  message: `Use the Clock port: ${because}.`,
};

export default defineConfig(
  globalIgnores(['dist/', 'coverage/']),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{js,mjs,cjs}', 'bin/weir'],
    rules: { 'no-undef': 'off' },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'no-public' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/prefer-readonly': 'error',
      // An empty text or zero often means "not given", which `??` would keep.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An element of a typed array is `number | undefined` to the compiler; `!` says that the index is in range and costs nothing.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Loops over rows and bytes count by index: an iterator there is measurable.
      '@typescript-eslint/prefer-for-of': 'off',
      // Classes without members of their own carry decorators (configuration) or derived accessors (views).
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // What exporters send may hold control characters; an expression that finds them has to name them.
      'no-control-regex': 'off',
      'no-eval': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'docs/examples/**/*.ts'],
    plugins: { weir: { rules: { 'exported-docs': exportedDocs } } },
    rules: { 'max-lines': ['error', { max: 450 }], 'weir/exported-docs': 'error' },
  },
  {
    files: ['src/domain/**/*.ts', 'src/application/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...ambient([...OUTSIDE, ...TIMERS, ...NETWORK, 'Date', 'crypto', 'queueMicrotask']),
      ],
      'no-restricted-properties': ['error', ...impureProperties],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [{ group: ['node:*'], message: 'The inner layers do no I/O: declare a port.' }],
          paths: [
            {
              name: 'inversify',
              allowImportNames: ['inject', 'injectable'],
              message: 'The container belongs to infrastructure: only its two decorators are used here.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['src/adapters/**/*.ts', 'docs/examples/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...ambient(OUTSIDE)],
      'no-restricted-properties': ['error', ...impureProperties],
      'no-restricted-syntax': ['error', noClock],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // `expect(sink.deliver)` names a method without calling it; a fake may be async without awaiting, or do nothing.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
);
