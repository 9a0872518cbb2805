// The documentation as a site: npm run docs writes it into docs/.vitepress/dist. A link that leads nowhere fails the build.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'

const DOCS = join(import.meta.dirname, '..')

/** Links that leave docs/ lead into the repository, where the site does not follow. */
const REPOSITORY = /^\.\/\.\.\//

const titleOf = (file: string): string =>
  /^# (.+)$/m.exec(readFileSync(join(DOCS, file), 'utf8'))?.[1] ?? file
const page = (file: string) => ({ text: titleOf(file), link: `/${file.replace(/\.md$/, '')}` })
const group = (text: string, ...files: ReadonlyArray<string>) => ({ text, items: files.map(page) })
const decisions = readdirSync(join(DOCS, 'decisions')).filter(file => /^\d/.test(file))

/** Rendered by Vue, whose expressions in braces are none in these pages: guides show those of other software. */
const CODE = '<code v-pre '

export default defineConfig({
  title: 'Backscroll',
  description: "Complete, live copies of WhatsApp accounts' conversations",
  cleanUrls: true,
  lastUpdated: false,
  rewrites: { 'decisions/README.md': 'decisions/index.md' },
  ignoreDeadLinks: [REPOSITORY, /^https?:\/\/(localhost|127\.0\.0\.1)/],
  markdown: {
    config: ({ renderer: { rules } }) => {
      const inline = rules.code_inline
      rules.code_inline = (...given) => inline?.(...given).replace(/^<code ?/, CODE) ?? ''
    }
  },
  // What cannot be rendered is only told by the builder.
  transformHtml: (_, __, { content, page }) => {
    if (!content.includes('<h1')) throw new Error(`${page} could not be rendered`)
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      group('Begin', 'quick-start.md', 'concepts.md'),
      group(
        'Guides',
        'linking.md',
        'moving-in.md',
        'webhooks.md',
        'guides/n8n.md',
        'webhook-formats.md',
        'guides/chatwoot.md',
        'firestore.md',
        'guides/several-servers.md',
        'backup.md'
      ),
      group(
        'Use',
        'console.md',
        'command-line.md',
        'reading.md',
        'sending.md',
        'media.md',
        'history.md',
        'client.md'
      ),
      group(
        'Run',
        'deployment.md',
        'upgrading.md',
        'operations.md',
        'troubleshooting.md',
        'security.md',
        'performance.md',
        'reliability.md'
      ),
      group(
        'Reference',
        'api.md',
        'events.md',
        'errors.md',
        'settings.md',
        'data-model.md',
        'lifecycle.md',
        'coverage-of-whatsapp.md',
        'architecture.md'
      ),
      { text: 'Decisions', collapsed: true, items: decisions.map(file => page(`decisions/${file}`)) }
    ]
  }
})
