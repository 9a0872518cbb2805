// Metrics, and the live view of the actors.
import type { Config } from '../../config.ts'
import { Inspection } from '../../services/telemetry/inspection.ts'
import { Gauges } from '../../services/telemetry/metrics.ts'

export const gauges = Gauges.layer

export const inspection = (config: Config) => Inspection.layer({ on: config.INSPECT })
