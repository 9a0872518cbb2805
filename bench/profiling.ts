// CPU profiles of the server that is measured.

/** The settings with which a server leaves a profile in a folder when it stops; none without a folder. */
export const profiling = (folder: string | undefined): Readonly<Record<string, string>> =>
  folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` }
