/** A command as a shell completes it. */
export interface CompletedCommand {
  readonly name: string
  readonly description: string
  readonly flags: readonly CompletedFlag[]
  /** What its first argument may be, where that is known. */
  readonly choices: readonly string[]
}

export interface CompletedFlag {
  /** `--pool`, and `-p` where there is a short one. */
  readonly names: readonly string[]
  readonly description: string
  readonly takesValue: boolean
  readonly choices: readonly string[]
}
