import type { StreamHandler } from '../runtime/handler.ts'
import { systemClock } from '../time/clock.ts'
import { openDatabase } from './database.ts'
import { localEnvironment } from './local-environment.ts'

/** Connects a bundled handler, in its worker, to the embedded store. */
export function setup(handler: StreamHandler, { database }: { readonly database: string }): void {
  handler.connect(localEnvironment(openDatabase(database), systemClock))
}
