// Tasks run strictly one after another, in the order they were given; one that fails does not stop the next.

export class SerialWork {
  private last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task)
    this.last = result.catch(() => undefined)
    return result
  }
}
