// The structure of everything beside the product: no circles of imports, and the simulator's layers.
import { describe, expect, test } from 'vitest'
import { circlesIn, filesIn, graphOf, importsIn, type ImportGraph } from './imports.ts'

const FOLDERS = ['simulator', 'harness', 'bench', 'demo', 'test']

/** From the bottom: a file imports files of its own layer and of those before it. */
const LAYERS = [
  ['wire/'],
  ['signal/'],
  ['state/'],
  ['protocol/'],
  ['phone.ts', 'phone-factory.ts', 'simulator.ts'],
  ['control/'],
  ['main.ts', 'measure.ts']
]

const layerOf = (file: string): number => {
  const inside = file.replace(/^simulator\//, '')
  return LAYERS.findIndex(layer => layer.some(name => inside.startsWith(name)))
}

const isProject = (target: string): boolean => /^(src|harness|bench|demo|test)\//.test(target)

/** Imports of the simulator that leave it or run up. */
const violations = (graph: ImportGraph): ReadonlyArray<string> =>
  [...graph].flatMap(([file, targets]) =>
    targets
      .filter(target =>
        target.startsWith('simulator/') ? layerOf(target) > layerOf(file) : isProject(target)
      )
      .map(target => `${file} imports ${target}`)
  )

const simulator = graphOf(filesIn('simulator'))

test('no file beside the product takes part in a circle of imports', () => {
  expect(circlesIn(graphOf(FOLDERS.flatMap(filesIn)))).toEqual([])
})

test('every file of the simulator has a layer and imports nothing above it and nothing of the project', () => {
  expect(simulator.size).toBeGreaterThan(50)
  expect([...simulator.keys()].filter(file => layerOf(file) < 0)).toEqual([])
  expect(violations(simulator)).toEqual([])
})

describe('the rules notice', () => {
  test('a circle, and say which files are in it', () => {
    const graph = new Map([
      ['main', ['a']],
      ['a', ['b', 'leaf']],
      ['b', ['c']],
      ['c', ['a', 'leaf']],
      ['leaf', []]
    ])
    expect(circlesIn(graph)).toEqual(['a → b → c → a'])
    expect(circlesIn(new Map([...graph, ['c', ['leaf']]]))).toEqual([])
    expect(circlesIn(new Map([['alone', ['alone']]]))).toEqual(['alone → alone'])
  })

  test.each([
    ['state that imports the protocol', 'simulator/state/x.ts', "import { a } from '../protocol/queries.ts'"],
    [
      'a type of the control port in the simulator',
      'simulator/simulator.ts',
      "import type { A } from './control/port.ts'"
    ],
    ['the product', 'simulator/phone.ts', "import type { Message } from '../src/domain/message.ts'"],
    ['the harness', 'simulator/main.ts', "import { Api } from '../harness/api.ts'"]
  ])('%s', (_, file, text) => {
    expect(violations(new Map([[file, importsIn(file, text)]]))).toHaveLength(1)
  })
})
