/** What the code that a device shows to others begins with; nothing else that is scanned does. */
export const SCHEME = 'dutybook:'
