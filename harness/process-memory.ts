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
