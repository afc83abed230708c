/**
 * Whether the emergency numbers lie open. It stands below the shell so that sheets and dialogs, which cover the frame's
 * red key, can carry one themselves.
 */
class EmergencyNumbers {
  open = $state(false)
}

export const emergency = new EmergencyNumbers()
