export function sharedMs(): number
export function burnedMs(): number
export function watchPulse(
  told: (still: { readonly fromMs: number; readonly cpuMs: number }) => void,
): () => void
