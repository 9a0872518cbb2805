// Writes what src/config.ts says into the README's table and .env.example. Run it after changing a setting.
import './needs-node.cjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { envExample, settingNames, settings } = await import('../src/config.ts')

const root = join(import.meta.dirname, '..')
const rows = settingNames.map(name => {
  const { default: standard, meaning } = settings[name]
  return `| \`${name}\` | ${standard === '' ? '' : `\`${standard}\``} | ${meaning} |`
})
const table = ['| setting | default | meaning |', '|---|---|---|', ...rows].join('\n')
const readme = join(root, 'README.md')
const text = readFileSync(readme, 'utf8')
writeFileSync(
  readme,
  text.replace(
    /<!-- settings -->[\s\S]*<!-- \/settings -->/,
    `<!-- settings -->\n${table}\n<!-- /settings -->`
  )
)
writeFileSync(join(root, '.env.example'), envExample())
