// What memory a process has, as Linux reports it.
import { existsSync, readFileSync } from 'node:fs'

/** A line of /proc/PID/status in MiB; undefined where the system has no /proc. */
const statusMiB = (pid: number, line: 'VmRSS' | 'VmHWM'): number | undefined => {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return undefined
  const kilobytes = new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
}

/** Resident memory now; 0 where the system does not report it. */
export const residentMiB = (pid: number): number => statusMiB(pid, 'VmRSS') ?? 0

/** The most resident memory the process ever had. */
export const peakResidentMiB = (pid: number): number | undefined => statusMiB(pid, 'VmHWM')

/** Linux counts in hundredths of a second. */
const TICK_MS = 10

/** The processor time that a process has taken so far, of all its threads, in the kernel and outside of it; only Linux tells. */
export const processorMs = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}
