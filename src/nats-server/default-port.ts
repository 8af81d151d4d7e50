/** Where a nats-server listens for clients if nobody says otherwise. */
export const DEFAULT_PORT = 4222
