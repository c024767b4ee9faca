import type { EnvironmentSettings } from './settings.ts'

/** Where this repository's examples can be deployed: `npx cdk deploy`, `npx cdk deploy -c environment=prod`. */
export const environments: Readonly<Record<string, EnvironmentSettings>> = {
  dev: { prefix: 'dev-', streams: { flights: { shardCount: 2 } } },
  prod: { protected: true, streams: { flights: {} } },
}
