// Applies the rules at the start, and once an hour.
import { Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { Retention } from './retention.ts'

export const layer = hourly(Effect.flatMap(Retention, ({ run }) => run))
