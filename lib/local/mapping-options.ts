import { ConfigurationError } from '../core/errors.ts'

/**
 * The options of an event source mapping, with the limits and defaults of the real service
 * (https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html); times in milliseconds.
 */
export interface MappingOptions {
  /** Records of a batch at most: 1 to 10,000; 100. */
  readonly batchSize?: number
  /** How long a batch that is not full waits for more, from its first record on: 0 to 300,000; 0. */
  readonly batchingInterval?: number
  /** Halve a batch that failed; it does not count as a retry. `false`. */
  readonly bisectBatchOnError?: boolean
  /** 0 to 10,000, or -1 (default): until the records are too old. */
  readonly retryAttempts?: number
  /** 60,000 to 604,800,000 since arrival, or -1 (default): for ever. */
  readonly maxRecordAge?: number
  /** How often to look for records that other connections put: 1 to 60,000; 50. Not an option of AWS. */
  readonly pollInterval?: number
}

/** The defaults of the real service. */
const MAPPING_DEFAULTS: Required<MappingOptions> = {
  batchSize: 100,
  batchingInterval: 0,
  bisectBatchOnError: false,
  retryAttempts: -1,
  maxRecordAge: -1,
  pollInterval: 50,
}

/** Fills in the defaults and checks every limit. */
export function mappingOptions(given: MappingOptions = {}): Required<MappingOptions> {
  const options = { ...MAPPING_DEFAULTS, ...given }
  check('batchSize', options.batchSize, 1, 10_000)
  check('batchingInterval', options.batchingInterval, 0, 300_000)
  check('pollInterval', options.pollInterval, 1, 60_000)
  if (options.retryAttempts !== -1) check('retryAttempts', options.retryAttempts, 0, 10_000, ', or -1')
  if (options.maxRecordAge !== -1) check('maxRecordAge', options.maxRecordAge, 60_000, 604_800_000, ', or -1')
  return options
}

function check(option: keyof MappingOptions, value: number, least: number, most: number, or = ''): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new ConfigurationError(
    `\`${option}\` of an event source mapping is ${value}: AWS Lambda takes ${least} to ${most}${or}.`,
    { [option]: value },
  )
}
