const KEY = 'dutybook.sound'

/** What calls: an alarm of the desk and a report, or SOS. */
export type Ring = 'call' | 'sos'

const RINGS: Record<Ring, { tones: readonly number[]; volume: number; repeat_ms: number }> = {
  call: { tones: [880, 660, 880], volume: 0.25, repeat_ms: 20_000 },
  sos: { tones: [988, 740, 988, 740, 988, 740, 988, 740], volume: 0.9, repeat_ms: 2_000 },
}

/**
 * The sound of the desk: two short tones, for what rings only (a missed point, a critical clock that ran out), repeated
 * while nobody has said 知道了. Browsers allow sound only after somebody touched the page; until then it keeps silent.
 */
class Sound {
  muted = $state(localStorage.getItem(KEY) === 'off')
  #audio: AudioContext | undefined
  #last = 0

  toggle(): void {
    this.muted = !this.muted
    localStorage.setItem(KEY, this.muted ? 'off' : 'on')
  }

  /** Lets sound out from the first touch of the page on; the result ends that. */
  unlock(): () => void {
    const touched = (): void => {
      try {
        this.#audio ??= new AudioContext()
        void this.#audio.resume().catch(() => {})
      } catch {
        // A desk without a sound card is silent; the alarm stands on the screen.
      }
    }
    window.addEventListener('pointerdown', touched, { once: true })
    window.addEventListener('keydown', touched, { once: true })
    return () => {
      window.removeEventListener('pointerdown', touched)
      window.removeEventListener('keydown', touched)
    }
  }

  /** Rings unless it did a moment ago. SOS is loud, goes on and on, and cannot be switched off beforehand. */
  ring(now: number, how: Ring = 'call'): void {
    const audio = this.#audio
    const { tones, volume, repeat_ms } = RINGS[how]
    if ((this.muted && how !== 'sos') || !audio || audio.state !== 'running' || now - this.#last < repeat_ms) return
    this.#last = now
    for (const [nth, hertz] of tones.entries()) {
      const tone = audio.createOscillator()
      const gain = audio.createGain()
      const from = audio.currentTime + nth * 0.22
      tone.frequency.value = hertz
      gain.gain.setValueAtTime(0, from)
      gain.gain.linearRampToValueAtTime(volume, from + 0.02)
      gain.gain.linearRampToValueAtTime(0, from + 0.18)
      tone.connect(gain).connect(audio.destination)
      tone.start(from)
      tone.stop(from + 0.2)
    }
  }
}

export const sound = new Sound()
