/** A file that serves as evidence: what proves later that it is this one. */
export interface MarkedFile {
  file_name: string
  sha256: string
  /** The picture as it travels, where the file is one that can be read. */
  picture: string | null
}

/** SHA-256 in hex. */
export async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
