// The errors of all statements about media.
import { asDatabaseError } from '../database/error.ts'

export const asMediaError = asDatabaseError('media')
