// The licenses of the packages whose code is in a bundle: they ask that copies carry them.
import './needs-node.cjs'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//

/** The folders of the packages that modules of these chunks belong to. */
const foldersOf = output =>
  new Set(output.flatMap(chunk => chunk.moduleIds ?? []).flatMap(id => PACKAGE.exec(id)?.[1] ?? []))

const textOf = folder => {
  const file = readdirSync(folder).find(name => /^(licen[cs]e|copying)(\.|-|$)/i.test(name))
  return file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

const noticeOf = folder => {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return ''
  const { author, license, name, version } = JSON.parse(readFileSync(file, 'utf8'))
  const by = typeof author === 'string' ? author : author?.name
  return `${name} ${version}: ${license ?? 'see below'}${by === undefined ? '' : `, ${by}`}\n${textOf(folder)}`
}

/** One section for each package, by name. `output` is what the bundler answers with. */
export const noticesOf = output =>
  [...foldersOf(output)]
    .map(noticeOf)
    .filter(notice => notice !== '')
    .toSorted()
    .join(`\n${'-'.repeat(80)}\n\n`)
