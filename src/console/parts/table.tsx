// A table whose rows become cards where there is no room: each cell then carries the name of its column.
import type { ComponentChildren } from 'preact'

export interface Column<A> {
  readonly name: string
  readonly cell: (row: A) => ComponentChildren
}

interface TableProps<A> {
  readonly label: string
  readonly columns: ReadonlyArray<Column<A>>
  readonly rows: ReadonlyArray<A>
  readonly keyOf: (row: A) => string
}

export const Table = <A,>({ columns, keyOf, label, rows }: TableProps<A>) => (
  <div class="table-box">
    <table class="table wide-table" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ name }, index) => (
            <th key={index} scope="col">
              {name === '' ? <span class="hidden-text">·</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={keyOf(row)}>
            {columns.map(({ cell, name }, index) => (
              <td key={index} data-name={name}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
