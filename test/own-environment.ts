// For test files that share a process: each ends with the environment variables it began with. Firebase's client learns from them
// where its emulators are, and would look for those of the file before.
import { afterAll } from 'vitest'

const before = { ...process.env }

afterAll(() => {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(before, name)) delete process.env[name]
  Object.assign(process.env, before)
})
