// The language of firestore.rules, as far as ours uses it, as a tree. What it does not know it refuses to read.

export type Expression =
  | { readonly is: 'literal'; readonly value: null | boolean | number | string }
  | { readonly is: 'name'; readonly name: string }
  | { readonly is: 'list'; readonly items: ReadonlyArray<Expression> }
  | { readonly is: 'map'; readonly entries: ReadonlyArray<readonly [string, Expression]> }
  | { readonly is: 'member'; readonly of: Expression; readonly name: string }
  | { readonly is: 'index'; readonly of: Expression; readonly at: Expression }
  | { readonly is: 'call'; readonly of: Expression; readonly given: ReadonlyArray<Expression> }
  | { readonly is: 'not'; readonly of: Expression }
  | {
      readonly is: 'binary'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }

export interface Definition {
  readonly parameters: ReadonlyArray<string>
  readonly returns: Expression
}

export interface Allow {
  readonly methods: ReadonlyArray<string>
  readonly when: Expression
}

/** A pattern's segments: text, `{name}`, or `{name=**}`. */
export interface Match {
  readonly path: ReadonlyArray<string>
  readonly functions: ReadonlyMap<string, Definition>
  readonly allows: ReadonlyArray<Allow>
  readonly inner: ReadonlyArray<Match>
}

const TOKEN =
  /\s+|\/\/[^\n]*|('(?:[^'\\]|\\.)*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|==|!=|<=|>=|&&|\|\||[{}()[\];:,.<>!+\-/=*$?])/gy

const BINDING: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  in: 4,
  is: 4
}

const tokensOf = (text: string): ReadonlyArray<string> => {
  const tokens: Array<string> = []
  let at = 0
  for (const found of text.matchAll(TOKEN)) {
    if (found.index !== at) break
    at += found[0].length
    if (found[1] !== undefined) tokens.push(found[1])
  }
  if (at !== text.length) throw new SyntaxError(`The rules cannot be read at: ${text.slice(at, at + 30)}`)
  return tokens
}

class Parser {
  private at = 0
  private readonly tokens: ReadonlyArray<string>

  constructor(text: string) {
    this.tokens = tokensOf(text)
  }

  private get next(): string {
    return this.tokens[this.at] ?? ''
  }

  private take(wanted?: string): string {
    const token = this.next
    if (wanted !== undefined && token !== wanted) throw new SyntaxError(`Expected ${wanted}, found ${token}`)
    this.at += 1
    return token
  }

  private maybe(wanted: string): boolean {
    if (this.next !== wanted) return false
    this.at += 1
    return true
  }

  rules(): Match {
    this.take('rules_version')
    this.take('=')
    this.take("'2'")
    this.take(';')
    this.take('service')
    const service = [this.take()]
    while (this.maybe('.')) service.push(this.take())
    const inside = this.block()
    if (this.next !== '') throw new SyntaxError(`Nothing is expected after the service: ${this.next}`)
    return { path: [], ...inside }
  }

  private block(): Omit<Match, 'path'> {
    const functions = new Map<string, Definition>()
    const allows: Array<Allow> = []
    const inner: Array<Match> = []
    this.take('{')
    while (!this.maybe('}')) {
      const word = this.take()
      if (word === 'match') inner.push({ path: this.path(), ...this.block() })
      else if (word === 'function') functions.set(this.take(), this.definition())
      else if (word === 'allow') allows.push(this.allow())
      else throw new SyntaxError(`Expected match, function or allow, found ${word}`)
    }
    return { functions, allows, inner }
  }

  private path(): ReadonlyArray<string> {
    const segments: Array<string> = []
    while (this.maybe('/')) {
      if (!this.maybe('{')) {
        segments.push(this.take())
        continue
      }
      const name = this.take()
      const isDeep = this.maybe('=')
      if (isDeep) {
        this.take('*')
        this.take('*')
      }
      this.take('}')
      segments.push(isDeep ? `{${name}=**}` : `{${name}}`)
    }
    return segments
  }

  private definition(): Definition {
    const parameters: Array<string> = []
    this.take('(')
    while (!this.maybe(')')) {
      parameters.push(this.take())
      this.maybe(',')
    }
    this.take('{')
    this.take('return')
    const returns = this.expression()
    this.take(';')
    this.take('}')
    return { parameters, returns }
  }

  private allow(): Allow {
    const methods = [this.take()]
    while (this.maybe(',')) methods.push(this.take())
    this.take(':')
    this.take('if')
    const when = this.expression()
    this.take(';')
    return { methods, when }
  }

  private expression(least = 0): Expression {
    let left = this.unary()
    for (;;) {
      const operator = this.next
      const binding = Object.hasOwn(BINDING, operator) ? BINDING[operator]! : 0
      if (binding <= least) return left
      this.take()
      left = { is: 'binary', operator, left, right: this.expression(binding) }
    }
  }

  private unary(): Expression {
    if (this.maybe('!')) return { is: 'not', of: this.unary() }
    let of = this.primary()
    for (;;) {
      if (this.maybe('.')) of = { is: 'member', of, name: this.take() }
      else if (this.maybe('[')) {
        of = { is: 'index', of, at: this.expression() }
        this.take(']')
      } else if (this.maybe('(')) of = { is: 'call', of, given: this.until(')') }
      else return of
    }
  }

  private until(end: string): ReadonlyArray<Expression> {
    const items: Array<Expression> = []
    while (!this.maybe(end)) {
      items.push(this.expression())
      this.maybe(',')
    }
    return items
  }

  private primary(): Expression {
    const token = this.take()
    if (token === '(') {
      const inner = this.expression()
      this.take(')')
      return inner
    }
    if (token === '[') return { is: 'list', items: this.until(']') }
    if (token === '{') {
      const entries: Array<readonly [string, Expression]> = []
      while (!this.maybe('}')) {
        const key = this.take().replaceAll("'", '')
        this.take(':')
        entries.push([key, this.expression()])
        this.maybe(',')
      }
      return { is: 'map', entries }
    }
    if (token.startsWith("'")) return { is: 'literal', value: token.slice(1, -1).replaceAll(/\\(.)/g, '$1') }
    if (/^\d/.test(token)) return { is: 'literal', value: Number(token) }
    if (token === 'null') return { is: 'literal', value: null }
    if (token === 'true' || token === 'false') return { is: 'literal', value: token === 'true' }
    if (/^\w/.test(token)) return { is: 'name', name: token }
    throw new SyntaxError(`Expected a value, found ${token}`)
  }
}

export const parseRules = (text: string): Match => new Parser(text).rules()
