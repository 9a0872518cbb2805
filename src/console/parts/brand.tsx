// The name, with its mark: a page that goes on above its edge.
export const Mark = ({ size = 28 }: { readonly size?: number }) => (
  <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
    <path
      class="mark-page"
      d="M10 4h13a3.500 3.500 0 0 1 3.500 3.500V28l-3.300-2.300L19.900 28l-3.300-2.300L13.300 28 10 25.700Z"
    />
    <path class="mark-curl" d="M10 4a4.200 4.200 0 0 0-4.200 4.200V11H10Z" />
    <path class="mark-lines" d="M14 10.500h8.500M14 15h8.500M14 19.500h5" />
  </svg>
)

export const Brand = () => (
  <span class="brand">
    <Mark />
    <span>Backscroll</span>
  </span>
)
