// The app of the end-to-end test: the examples, and with `-c more=true` a pipeline more and other functions.
import { App, Duration } from 'aws-cdk-lib'
import { functionFiles, PipelinesStack } from 'millrace/cdk'

const app = new App()
const more = app.node.tryGetContext('more') === 'true'
new PipelinesStack(app, 'millrace-e2e', {
  functions: [
    ...(await functionFiles('test/e2e/functions')),
    ...(more ? await functionFiles('test/e2e/more') : []),
  ],
  environment: {
    protected: true,
    prefix: 'e2e-',
    streams: {
      flights: { shardCount: 2 },
      ...(more && { gates: { shardCount: 1 }, 'gates.minutes': { shardCount: 1 } }),
    },
    // A tick may close windows of flights, and the straight computation knows of no ticks.
    pipelines: { 'airport-delays': { tickInterval: Duration.days(1) } },
    defaults: { timeout: Duration.seconds(30), memorySize: more ? 1536 : 1024 },
  },
})
