// Compares what npm installed with what package-lock.json names, without the packages that only development needs. Plain
// JavaScript for any Node since 20, like set-up, which asks it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const packagesOf = file => JSON.parse(readFileSync(file, 'utf8')).packages

/** 'glibc' or 'musl' on Linux, as npm tells them apart; otherwise none. */
const libc = () => {
  if (process.platform !== 'linux') return undefined
  // Its interfaces would take most of the time.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

/** Whether a list such as ["linux"] or ["!win32"] of a package allows this machine. */
const allows = (list, value) =>
  list === undefined ||
  ((list.includes(value) || list.every(one => one.startsWith('!'))) && !list.includes(`!${value}`))

/** Optional packages for one kind of machine are libraries that the server needs on it; npm leaves out the others. */
const isNeeded = ({ cpu, dev, devOptional, libc: libraries, link, optional, os }) => {
  // A link is to a folder of the project.
  if (dev === true || devOptional === true || link === true) return false
  if (optional !== true) return true
  if (os === undefined || cpu === undefined) return false
  return allows(os, process.platform) && allows(cpu, process.arch) && allows(libraries, libc())
}

/** The packages that the server needs and that are not installed as locked, by name; `undefined` where npm installed nothing. */
export const missingPackages = root => {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return undefined
  const installed = packagesOf(record)
  return Object.entries(packagesOf(join(root, 'package-lock.json')))
    .filter(([path, wanted]) => {
      if (!path.includes('node_modules/') || !isNeeded(wanted)) return false
      return installed[path]?.version !== wanted.version || !existsSync(join(root, path, 'package.json'))
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
}
