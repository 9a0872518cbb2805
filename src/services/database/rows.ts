// Columns are snake_case, the fields of rows camelCase (`whatsapp_id` is `whatsAppId`). Every client renames the rows it
// reads with this one function.
import { Statement } from 'effect/sql'

const fieldNames = new Map<string, string>()

const fieldNameOf = (column: string): string => {
  const known = fieldNames.get(column)
  if (known !== undefined) return known
  const name = column
    .replace('whatsapp', 'whatsApp')
    .replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  fieldNames.set(column, name)
  return name
}

/** The same rows with camelCase fields; values, JSON texts among them, are left as they are. */
export const camelCaseRows = Statement.defaultTransforms(fieldNameOf, false).array
