// Jobs of a dry run and jobs that store are kept apart: a server works on one kind, jobs of the other kind wait.
import { Context, Layer } from 'effect'

export class JobKind extends Context.Service<
  JobKind,
  {
    /** The column `dry` of the jobs that this server makes and works on. */
    readonly dry: 0 | 1
  }
>()('backscroll/services/history/JobKind') {
  /** What the phone answers is stored: gaps are filled, fetched messages count towards what a job may fetch. */
  static readonly storing: Layer.Layer<JobKind> = Layer.succeed(JobKind, { dry: 0 })
  /** What the phone answers is only counted: gaps stay open. */
  static readonly counting: Layer.Layer<JobKind> = Layer.succeed(JobKind, { dry: 1 })
}
