export { Drive, type DriveOptions, drive, type RawOptions } from './drive.ts'
export { MemoryEnvironment } from './memory-environment.ts'
export { type Item, MemoryTable } from './memory-table.ts'
export { VirtualClock } from './virtual-clock.ts'
