/** The variables of an environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>
