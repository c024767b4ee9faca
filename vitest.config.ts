import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Makes `import 'millrace/kinesis'` in functions/ and tests mean lib/, as `node -C` does.
  ssr: { resolve: { conditions: ['@millrace/source', 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    maxWorkers: 2,
    // No test times anything: this only ends one that hangs, on a machine that others use too.
    testTimeout: 30_000,
    typecheck: {
      enabled: true,
      include: ['test/types/**/*.test-d.ts'],
      tsconfig: 'test/types/tsconfig.json',
    },
  },
})
