/**
 * Jest runs what the build emitted: no transform, the same JavaScript that the service runs.
 * `src` is among the roots so that untested files show up in a coverage report.
 */
export default {
  roots: ['<rootDir>/dist/src', '<rootDir>/dist/test'],
  testMatch: ['<rootDir>/dist/test/**/*.test.js'],
  testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
  setupFiles: ['reflect-metadata'],
  injectGlobals: false,
  transform: {},
  // By default Jest leaves one core alone, which is half of a small machine.
  maxWorkers: '100%',
  collectCoverageFrom: ['dist/src/**/*.js'],
  coverageProvider: 'v8',
};
