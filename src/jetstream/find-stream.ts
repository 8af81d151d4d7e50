/** A stream by its name, for who only looks. */
import { jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { isStreamNotFound } from "../errors/errors.js"

/** What the server says of the stream `name`; undefined if there is none. Throws what else it says. */
export async function findStream(
  connection: NatsConnection,
  name: string,
): Promise<StreamInfo | undefined> {
  const { streams } = await jetstreamManager(connection, inDomain(connection, { checkAPI: false }))
  return streams.info(name).catch((error) => {
    if (isStreamNotFound(error)) return undefined
    throw error
  })
}
