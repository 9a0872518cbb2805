// The journal's worker.
import { Ingest } from '../../services/intake/ingest.ts'

export const layer = Ingest.layer
