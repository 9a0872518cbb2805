// A setting whose name is misspelt is not passed over in silence.
import { expect, test } from 'vitest'
import { misspeltSettings, settingMeantBy } from '../../src/config/misspelt.ts'
import { settingNames } from '../../src/config.ts'

test.each([
  ['LOG_LEVL', 'LOG_LEVEL'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['log_level', 'LOG_LEVEL'],
  ['WHATSAP_URL', 'WHATSAPP_URL'],
  ['DATADIR', 'DATA_DIR'],
  ['API_KEYS', 'API_KEY'],
  ['VUALT_KEY', 'VAULT_KEY'],
  ['PROT', 'PORT'],
  ['BACKFILL_COUNT', 'WHATSAPP_BACKFILL_COUNT'],
  ['BACKSCROLL_PORT', 'PORT']
])('%s: %s is meant', (name, meant) => {
  expect(settingMeantBy(name, settingNames)).toBe(meant)
})

test('names of others, and settings themselves, are none of that', () => {
  const others = [
    'PATH',
    'HOSTNAME',
    'HTTPS_PROXY',
    'NODE_EXTRA_CA_CERTS',
    'POSTGRES_PASSWORD',
    'TZ',
    'SHELL'
  ]
  expect([...others, ...settingNames].flatMap(name => settingMeantBy(name, settingNames) ?? [])).toEqual([])
})

test('short names count in the file only', () => {
  expect(
    misspeltSettings({ file: ['PROT'], environment: ['HOTS', 'LOG_LEVL', 'PROT'] }, settingNames)
  ).toEqual([
    { name: 'PROT', meant: 'PORT', isInFile: true },
    { name: 'LOG_LEVL', meant: 'LOG_LEVEL', isInFile: false }
  ])
})
