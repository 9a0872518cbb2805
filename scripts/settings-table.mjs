// Writes what src/config.ts says into the README's table, docs/settings.md and .env.example. Run it after changing a setting.
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
writeFileSync(
  join(root, 'docs', 'settings.md'),
  `# Settings

<!-- Made by \`npm run settings\` from src/config. -->

Settings are environment variables, or lines of a file named \`.env\` in the folder in which the server is started; a variable counts more. An invalid value stops the start with an error that names the setting and the allowed values. A running server shows those in force, secrets apart: \`GET /v1/settings\`, or *Settings* in [the console](console.md). \`npx backscroll start --help\` prints this list.

${table}
`
)
writeFileSync(join(root, '.env.example'), envExample())
