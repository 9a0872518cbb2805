// Writes what the commands say of themselves into docs/command-line.md. Run it after changing a command.
import './needs-node.cjs'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const NodeServices = await import('@effect/platform-node/NodeServices')
const { Effect, Layer, Option } = await import('effect')
const { CliOutput, Command, Param } = await import('effect/cli')
const { backscroll } = await import('../src/app/cli/commands.ts')

/** What `--help` of a command is made of. */
const helpOf = async path => {
  let help
  const presenter = { present: event => Effect.sync(() => (help = event.helpDoc)) }
  const services = Layer.merge(NodeServices.layer, CliOutput.layerPresenter(presenter))
  const run = Command.runWith(backscroll, { version: '' })([...path, '--help'])
  await Effect.runPromise(Effect.provide(run, services))
  return help
}

const BOOLEAN = 'boolean'
/** Described once, above the reference. */
const COMMON = new Set(['url', 'key-file', 'json'])

/** Of the flags of a command, those that may be repeated as often as one likes, or left out. The help says that they are required. */
const anyNumberOf = command =>
  new Set(
    command.config.flags
      .filter(flag => {
        const { isVariadic, variadicMin } = Param.getParamMetadata(flag)
        return isVariadic && !Option.exists(variadicMin, min => min > 0)
      })
      .flatMap(flag => Param.extractSingleParams(flag).map(({ name }) => name))
  )

const flagRow = ({ aliases, description, name, required, type }) => {
  const value = type === BOOLEAN ? '' : ` ${type}`
  const names = [`--${name}`, ...aliases].join(', ')
  const words = Option.getOrElse(description, () => '')
  return `| \`${names}${value}\` | ${words}${required ? '. Required' : ''} |`
}

const argumentRow = ({ description, name, required }) =>
  `| \`${name}\` | ${Option.getOrElse(description, () => '')}${required ? '. Required' : ''} |`

/** A command and those below it. */
const sections = async (command, path, level) => {
  const help = await helpOf(path)
  const optional = anyNumberOf(command)
  const rows = [
    ...(help.args ?? []).map(argumentRow),
    ...help.flags
      .filter(({ name }) => !COMMON.has(name))
      .map(flag => flagRow({ ...flag, required: flag.required && !optional.has(flag.name) }))
  ].map(row => row.replaceAll(/(?<=\|[^|]*)<|>(?=[^|]*\|)/g, mark => (mark === '<' ? '‹' : '›')))
  const examples = (help.examples ?? []).map(({ command }) => command)
  const own = [
    `${'#'.repeat(level)} ${path.join(' ')}`,
    help.description,
    `\`${help.usage}\``,
    ...(rows.length === 0 ? [] : [['| | |', '|---|---|', ...rows].join('\n')]),
    ...(examples.length === 0 ? [] : [['```sh', ...examples, '```'].join('\n')])
  ]
  const below = command.subcommands.flatMap(({ commands }) => commands).filter(({ unlisted }) => !unlisted)
  const others = []
  for (const one of below) others.push(...(await sections(one, [...path, one.name], level + 1)))
  return path.length === 0 ? others : [...own, ...others]
}

const reference = (await sections(backscroll, [], 1)).join('\n\n')

/** The document with the present reference in it. */
export const written = text =>
  text.replace(
    /<!-- commands -->[\s\S]*<!-- \/commands -->/,
    () => `<!-- commands -->\n\n${reference}\n\n<!-- /commands -->`
  )

if (process.argv[1] === import.meta.filename) {
  const document = join(import.meta.dirname, '..', 'docs', 'command-line.md')
  writeFileSync(document, written(readFileSync(document, 'utf8')))
}
