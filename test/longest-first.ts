// Which files begin: of each project, those that kill, then those that start servers. A long one that begins last keeps everybody
// waiting. One project after the other: a worker ends when the next file is another project's, and the next one loads everything anew.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const FIRST = [/\/test\/(attack|chaos)\//, /\/test\/e2e\//]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = FIRST.findIndex(folder => folder.test(moduleId))
  return rank < 0 ? FIRST.length : rank
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => a.project.name.localeCompare(b.project.name) || rankOf(a) - rankOf(b))
  }
}
