// Whether the server in this container answers and can read its database: exit code 0, or 1 with the reason.
const url = `http://127.0.0.1:${process.env.PORT ?? 3000}/ready`
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4000) })
  if (status !== 200) throw new Error(`${url} answers ${status}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
