/** Which book lies open; it stays so while other pages are looked at. */
class Open {
  book = $state('instruction')
}

export const open = new Open()
