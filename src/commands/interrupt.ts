/** Ctrl-C and SIGTERM: the first asks to stop kindly, the second insists. */

export interface Interrupts {
  /** Resolves at the first one. */
  readonly first: Promise<void>
  /** Listens no more. */
  stop(): void
}

/** Listens for both; `insist` is called at the second. */
export function interrupts(insist: () => void): Interrupts {
  let count = 0
  let settle: () => void = () => {}
  const first = new Promise<void>((resolve) => {
    settle = resolve
  })
  const heard = () => {
    count += 1
    if (count === 1) settle()
    else insist()
  }
  process.on("SIGINT", heard).on("SIGTERM", heard)
  return {
    first,
    stop: () => {
      process.off("SIGINT", heard).off("SIGTERM", heard)
    },
  }
}
