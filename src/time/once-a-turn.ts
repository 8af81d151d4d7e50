/** Something that many ask for in one turn, and that need be done but once for all of them: in a microtask after the first. */
export function onceATurn(act: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      act()
    })
  }
}
