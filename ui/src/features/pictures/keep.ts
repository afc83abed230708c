import { book, type PictureKept } from '@/ipc'

/** Keeps what the camera or a file gave; it is on this device's disk when this resolves. */
export async function keepPicture(file: Blob, urgent: boolean): Promise<PictureKept> {
  return book.keepPicture(base64Of(new Uint8Array(await file.arrayBuffer())), urgent)
}

/** In pieces: a call takes only so many arguments. */
export function base64Of(bytes: Uint8Array): string {
  const PIECE = 0x8000
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  return btoa(text)
}
