/** The user at the keyboard: single keys in a terminal, lines elsewhere. */
import { createInterface, emitKeypressEvents } from 'node:readline'

/** Where the user's words come from. */
export type Keyboard = {
  /** The next word; undefined when there are no more. */
  next (): Promise<string | undefined>
  close (): void
}

/** Opens stdin. @param onInterrupt Ctrl-C, which is only a key while keys are read singly */
export function openKeyboard (onInterrupt: () => void): Keyboard {
  return process.stdin.isTTY ? readKeys(onInterrupt) : readLines()
}

function readKeys (onInterrupt: () => void): Keyboard {
  const { stdin } = process
  let waiting: ((key: string) => void) | undefined
  const onKey = (text: string | undefined, key: { name?: string, ctrl?: boolean }): void => {
    if (key.ctrl === true && (key.name === 'c' || key.name === 'd')) onInterrupt()
    // Keys that nobody waits for are dropped: they were meant for another board.
    else if (text !== undefined) waiting?.(text)
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true)
  stdin.on('keypress', onKey)
  stdin.resume()
  return {
    next: async () => await new Promise(resolve => {
      waiting = key => {
        waiting = undefined
        resolve(key)
      }
    }),
    close () {
      stdin.off('keypress', onKey)
      stdin.setRawMode(false)
      stdin.pause()
    }
  }
}

function readLines (): Keyboard {
  const reader = createInterface({ input: process.stdin })
  // The iterator holds the stream back while nobody asks.
  const lines = reader[Symbol.asyncIterator]()
  return {
    async next () {
      const { done, value } = await lines.next()
      return done === true ? undefined : value.trim()
    },
    close () {
      reader.close()
      process.stdin.destroy() // whoever writes to it may keep it open, and us with it
    }
  }
}
