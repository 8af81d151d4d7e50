/** The exit codes of the commands, for scripts. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** It failed, or a worker answered with an error. */
  failed: 1,
  /** The command line can't be used. */
  usage: 2,
  /** Nobody is there: no server, no workers, or no leader. */
  nobody: 3,
  /** Ctrl-C, where something was left undone; as a shell says it. */
  interrupted: 130,
} as const
