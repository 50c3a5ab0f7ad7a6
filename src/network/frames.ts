/** Length-prefixed frames over a libp2p stream, with a bound on what the other side can make this one hold. */
import type { Stream } from '@libp2p/interface'
import { messageStreamToDuplex } from '@libp2p/utils'
import * as lengthPrefixed from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { ThreadsError } from '../errors.js'

/** The sync protocol (specification §7). */
export const SYNC_PROTOCOL = '/evm-threads/sync/1'

/** An unsigned varint of a length below 2^28. */
const MAX_PREFIX_BYTES = 4
/** it-length-prefixed's names for what no honest peer sends. A stream that ends within a frame is not among them: connections break. */
const MALFORMED: readonly string[] = ['InvalidMessageLengthError', 'InvalidDataLengthError', 'InvalidDataLengthLengthError']

/**
 * Runs a conversation: `converse` turns the frames that come in into those that go out. Resolves when both ways have ended; when it rejects,
 * the stream is gone. Frames alternate in this protocol, so whoever sends more than two largest frames ahead breaks it.
 * @throws `NETWORK_BAD_FRAME` (the peer's fault) for a frame above `maxFrameBytes`, a malformed length or too much sent ahead;
 *   what `converse` throws; libp2p's errors when the stream breaks
 */
export async function exchangeFrames (
  stream: Stream,
  maxFrameBytes: number,
  converse: (incoming: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
): Promise<void> {
  // libp2p's adapter queues without a bound what is not read yet.
  let unread = 0
  const onMessage = ({ data }: { data: { byteLength: number } }): void => {
    unread += data.byteLength
    if (unread > 2 * (maxFrameBytes + MAX_PREFIX_BYTES)) stream.abort(badFrame('more is sent ahead than the protocol allows'))
  }
  async function * counted<T extends { byteLength: number }> (source: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const chunk of source) {
      unread -= chunk.byteLength
      yield chunk
    }
  }
  stream.addEventListener('message', onMessage)
  const duplex = messageStreamToDuplex(stream)
  try {
    await pipe(
      counted(duplex.source),
      source => lengthPrefixed.decode(source, { maxDataLength: maxFrameBytes, maxLengthLength: MAX_PREFIX_BYTES }),
      source => converse(contiguous(source)),
      source => lengthPrefixed.encode(source),
      duplex.sink
    )
  } catch (cause) {
    const error = cause instanceof Error && MALFORMED.includes(cause.name) ? badFrame(cause.message, cause) : cause
    stream.abort(error instanceof Error ? error : new ThreadsError('NETWORK_UNREACHABLE', 'the stream broke', { cause }))
    throw error
  } finally {
    stream.removeEventListener('message', onMessage)
  }
}

async function * contiguous (source: AsyncIterable<{ subarray (): Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const frame of source) yield frame.subarray()
}

function badFrame (why: string, cause?: unknown): ThreadsError {
  return new ThreadsError('NETWORK_BAD_FRAME', `a malformed sync frame: ${why}`, { peerFault: 'reject', cause })
}
