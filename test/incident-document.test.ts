// docs/operations.md tells what every kind of incident means.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { INCIDENT_KINDS } from '../src/domain/incident.ts'

test('docs/operations.md lists every kind of incident, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'operations.md'), 'utf8')
  const section = text.slice(text.indexOf('## Incidents'), text.indexOf('## Traces'))
  const rows = section.split('\n').filter(line => line.startsWith('| `'))
  const listed = rows.flatMap(row => [...row.split('|')[1]!.matchAll(/`([\w.]+)`/g)].map(([, kind]) => kind!))
  expect(listed.toSorted()).toEqual([...INCIDENT_KINDS].toSorted())
})
