import type { PhotoPlaceholder, PictureKept } from '@/ipc'

/** What a record of a patrol says of a picture. */
export const photoOf = (kept: PictureKept | null): PhotoPlaceholder | null =>
  kept && { taken_at: kept.taken_at, caption: '', file: kept.file, original: kept.original }
