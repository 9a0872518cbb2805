// Writes docs/api.md, the operations of the API, from the contract. Run it after changing the contract; a test compares.
import './needs-node.cjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { OpenApi } = await import('effect/http-api')
const { Api } = await import('../src/http/api.ts')

const FILE = join(import.meta.dirname, '..', 'docs', 'api.md')

const inCell = text => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')
const nameOf = parameter => (parameter.required ? parameter.name : `${parameter.name}?`)

/** What is asked for beside the path; `?` stands behind what may be left out. */
const asked = ({ parameters = [], requestBody }) => {
  const query = parameters.filter(one => one.in === 'query').map(one => `\`${nameOf(one)}\``)
  const schema = requestBody?.content['application/json']?.schema.$ref
  const body = requestBody === undefined ? [] : [schema ? `body \`${schema.split('/').at(-1)}\`` : 'body']
  return [...query, ...body].join(', ')
}

const row = ({ method, operation, path }) =>
  `| \`${method.toUpperCase()} ${path}\` | ${inCell(operation.summary)} | ${asked(operation)} | \`${operation.operationId}\` |`

export const document = () => {
  const { info, paths, tags } = OpenApi.fromApi(Api)
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, operation, path }))
  )
  const sections = tags.map(({ description, name }) => {
    const rows = operations.filter(({ operation }) => operation.tags.includes(name)).map(row)
    return `## ${name}\n\n${description}\n\n| request | | asks for | operation |\n|---|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# API

<!-- Made by \`npm run api\` from src/http. -->

${info.description}

These are all operations, with the names that [the client](client.md) calls them by. A running server describes each in full, with every field and an example: for people at \`/docs\`, for generators at \`/openapi.json\`. What a refusal says is in [errors](errors.md), who may ask for what in [security](security.md#keys-and-roles), and how pages follow each other in [reading](reading.md).

${sections.join('\n')}`
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, document())
