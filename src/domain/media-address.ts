// Where a file is on the media server.

/** The path comes from whoever wrote the message: it must not lead to another server. */
export const mediaAddress = (path: string, base: URL): URL | undefined => {
  const url = path.startsWith('/') ? URL.parse(path, base.href) : null
  return url !== null && url.origin === base.origin ? url : undefined
}
