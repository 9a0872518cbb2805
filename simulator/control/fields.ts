// The fields of a request's JSON body, read with their types: a field that is missing or of another type is refused with 400 and
// its name.

export class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export class Fields {
  private readonly values: Readonly<Record<string, unknown>>
  /** Comes before the names of nested fields. */
  private readonly prefix: string

  constructor(values: Readonly<Record<string, unknown>>, prefix = '') {
    this.values = values
    this.prefix = prefix
  }

  /** All fields as they came. */
  get all(): Record<string, unknown> {
    return { ...this.values }
  }

  has(name: string): boolean {
    return this.values[name] !== undefined
  }

  get(name: string): unknown {
    return this.values[name]
  }

  /** A text that is not empty. */
  text(name: string): string {
    const value = this.optionalText(name)
    if (value === undefined || value === '') throw this.refusal(name, 'is missing')
    return value
  }

  optionalText(name: string): string | undefined {
    return this.optional(name, 'a text', (value): value is string => typeof value === 'string')
  }

  number(name: string): number {
    return this.required(name, this.optionalNumber(name))
  }

  optionalNumber(name: string): number | undefined {
    return this.optional(name, 'a number', (value): value is number => Number.isFinite(value))
  }

  boolean(name: string): boolean {
    return this.required(name, this.optionalBoolean(name))
  }

  optionalBoolean(name: string): boolean | undefined {
    return this.optional(name, 'true or false', (value): value is boolean => typeof value === 'boolean')
  }

  /** Texts in a list; an empty one when left out. */
  texts(name: string): string[] {
    const isTexts = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every(item => typeof item === 'string')
    return this.optional(name, 'a list of texts', isTexts) ?? []
  }

  /** Objects in a list; an empty one when left out. */
  objects(name: string): Fields[] {
    const isObjects = (value: unknown): value is Record<string, unknown>[] =>
      Array.isArray(value) && value.every(isObject)
    const values = this.optional(name, 'a list of objects', isObjects) ?? []
    return values.map((value, index) => new Fields(value, `${this.prefix}${name}[${index}].`))
  }

  oneOf<const Name extends string>(name: string, names: readonly Name[]): Name {
    return this.required(name, this.optionalOneOf(name, names))
  }

  optionalOneOf<const Name extends string>(name: string, names: readonly Name[]): Name | undefined {
    const isKnown = (value: unknown): value is Name => names.some(known => known === value)
    return this.optional(name, `one of ${names.join(', ')}`, isKnown)
  }

  object(name: string): Fields {
    return this.required(name, this.optionalObject(name))
  }

  optionalObject(name: string): Fields | undefined {
    const value = this.optional(name, 'an object', isObject)
    return value && new Fields(value, `${this.prefix}${name}.`)
  }

  private required<Value>(name: string, value: Value | undefined): Value {
    if (value === undefined) throw this.refusal(name, 'is missing')
    return value
  }

  private optional<Value>(
    name: string,
    what: string,
    is: (value: unknown) => value is Value
  ): Value | undefined {
    const value = this.values[name]
    if (value === undefined || is(value)) return value
    throw this.refusal(name, `must be ${what}`)
  }

  private refusal(name: string, reason: string): ControlError {
    return new ControlError(400, `${this.prefix}${name} ${reason}`)
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
