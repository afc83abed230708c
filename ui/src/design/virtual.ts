/** The slice of a long list that has to exist as elements. Rows all have the same height. */
export interface Slice {
  first: number
  /** One past the last row. */
  end: number
  /** Pixels from the top of the list to the first row. */
  offset_px: number
  total_px: number
}

export function sliceOf(count: number, row_px: number, scroll_px: number, viewport_px: number, overscan = 6): Slice {
  const total_px = count * row_px
  if (count === 0 || row_px <= 0) return { first: 0, end: 0, offset_px: 0, total_px: 0 }
  const top = Math.min(Math.max(0, scroll_px), Math.max(0, total_px - viewport_px))
  const first = Math.max(0, Math.floor(top / row_px) - overscan)
  const end = Math.min(count, Math.ceil((top + viewport_px) / row_px) + overscan)
  return { first, end, offset_px: first * row_px, total_px }
}

/** The scroll position that brings a row into view with the least movement. */
export function scrollToShow(row: number, row_px: number, scroll_px: number, viewport_px: number): number {
  const top = row * row_px
  if (top < scroll_px) return top
  const bottom = top + row_px
  return bottom > scroll_px + viewport_px ? bottom - viewport_px : scroll_px
}
