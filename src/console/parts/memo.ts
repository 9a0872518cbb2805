// A component that is drawn again only when what it is given has changed. Signals that it reads still draw it again.
import { Component, type ComponentChild, type FunctionComponent, h } from 'preact'

const isSame = (a: object, b: object): boolean => {
  const before = new Map<string, unknown>(Object.entries(a))
  const after = Object.entries(b)
  return after.length === before.size && after.every(([name, value]) => before.get(name) === value)
}

export const memo = <P extends object>(drawn: FunctionComponent<P>): FunctionComponent<P> => {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return !isSame(this.props, next)
    }
    override render(): ComponentChild {
      return h(drawn, this.props)
    }
  }
  return props => h(Memo, props)
}
