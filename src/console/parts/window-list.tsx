// A list that grows at both ends without moving what somebody reads: the row at the upper edge stays where it is while others come,
// go or change their height. At the lower end it stays there.
import { Component, type ComponentChildren, createRef } from 'preact'

interface WindowListProps {
  /** Rows; those that stay what they are, whatever comes before them, have a `data-key`. */
  readonly children: ComponentChildren
  readonly label: string
  readonly onNearStart: () => void
  readonly onNearEnd: () => void
  /** Whether the list ends where the conversation ends: then the end is followed. */
  readonly followsEnd: boolean
  /** A row to be brought into view, once for each `turn`. */
  readonly target: { readonly key: string; readonly turn: number } | undefined
  /** How far the end is away, in pixels. */
  readonly onScrolled: (fromEnd: number) => void
}

interface Anchor {
  readonly row: Element | undefined
  readonly offset: number
  readonly scrollTop: number
  readonly isAtEnd: boolean
}

/** Far enough that a page has come before somebody who scrolls fast is there. */
const NEAR_PX = 3000
const AT_END_PX = 48

export class WindowList extends Component<WindowListProps> {
  private readonly box = createRef<HTMLDivElement>()
  private readonly inner = createRef<HTMLDivElement>()
  private observer: ResizeObserver | undefined
  private anchor: Anchor | undefined
  private shownTurn = 0

  override componentDidMount(): void {
    this.observer = new ResizeObserver(() => this.resized())
    if (this.inner.current !== null) this.observer.observe(this.inner.current)
    if (this.box.current !== null) this.observer.observe(this.box.current)
    this.settle(undefined)
  }

  override componentWillUnmount(): void {
    this.observer?.disconnect()
  }

  override getSnapshotBeforeUpdate(): Anchor | undefined {
    return this.measured()
  }

  override componentDidUpdate(_: WindowListProps, __: object, before: Anchor | undefined): void {
    this.settle(before)
  }

  private rows(): HTMLCollection | ReadonlyArray<Element> {
    return this.inner.current?.children ?? []
  }

  /** The first row below the upper edge that stays what it is; rows stand in order, so halving finds it. */
  private firstVisible(top: number): Element | undefined {
    const rows = this.rows()
    let [low, high] = [0, rows.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle
      else low = middle + 1
    }
    while (low < rows.length - 1 && rows[low]?.hasAttribute('data-key') !== true) low += 1
    return rows[low]
  }

  private measured(): Anchor | undefined {
    const box = this.box.current
    if (box === null) return undefined
    const { top } = box.getBoundingClientRect()
    const row = this.firstVisible(top)
    const fromEnd = box.scrollHeight - box.scrollTop - box.clientHeight
    return {
      row,
      offset: row === undefined ? 0 : row.getBoundingClientRect().top - top,
      scrollTop: box.scrollTop,
      isAtEnd: fromEnd < AT_END_PX
    }
  }

  private restore(anchor: Anchor): void {
    const box = this.box.current
    if (box === null) return
    if (anchor.isAtEnd && this.props.followsEnd) {
      box.scrollTop = box.scrollHeight
      return
    }
    if (anchor.row?.isConnected !== true) return
    // Somebody may have scrolled since it was measured.
    const wanted = anchor.offset - (box.scrollTop - anchor.scrollTop)
    const moved = anchor.row.getBoundingClientRect().top - box.getBoundingClientRect().top - wanted
    if (Math.abs(moved) > 0.5) box.scrollTop += moved
  }

  private settle(before: Anchor | undefined): void {
    const { followsEnd, target } = this.props
    const box = this.box.current
    if (box === null) return
    if (target !== undefined && target.turn !== this.shownTurn && this.reveal(target.key)) {
      this.shownTurn = target.turn
    } else if (before === undefined || before.row === undefined) {
      if (followsEnd) box.scrollTop = box.scrollHeight
    } else this.restore(before)
    this.anchor = this.measured()
    this.ask()
  }

  private reveal(key: string): boolean {
    const row = this.inner.current?.querySelector(`[data-key="${CSS.escape(key)}"]`)
    if (row == null) return false
    row.scrollIntoView({ block: 'center' })
    row.classList.remove('revealed')
    // The animation starts anew.
    void row.getBoundingClientRect()
    row.classList.add('revealed')
    return true
  }

  private resized(): void {
    if (this.anchor !== undefined) this.restore(this.anchor)
    this.anchor = this.measured()
  }

  private ask(): void {
    const box = this.box.current
    if (box === null) return
    const fromEnd = box.scrollHeight - box.scrollTop - box.clientHeight
    this.props.onScrolled(fromEnd)
    if (box.scrollTop < NEAR_PX) this.props.onNearStart()
    if (fromEnd < NEAR_PX) this.props.onNearEnd()
  }

  override render({ children, label }: WindowListProps) {
    return (
      <div
        ref={this.box}
        class="window-list"
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        onScroll={() => {
          this.anchor = this.measured()
          this.ask()
        }}
      >
        <div ref={this.inner} class="window-rows">
          {children}
        </div>
      </div>
    )
  }
}
