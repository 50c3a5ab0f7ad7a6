/** Colours and a sign of life, on a terminal that wants them. */
import type { WriteStream } from 'node:tty'

/** A style of text; each is its text unchanged where colours are not wanted. */
export type Paint = Readonly<Record<'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow', (text: string) => string>>

const CODES = { bold: [1, 22], dim: [2, 22], green: [32, 39], red: [31, 39], cyan: [36, 39], yellow: [33, 39] } as const

/** Colours only on a terminal, and never with NO_COLOR (https://no-color.org). */
export function paintFor (stream: Pick<WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv): Paint {
  const wanted = stream.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  const style = (name: keyof typeof CODES) => (text: string): string => wanted ? `\x1b[${CODES[name][0]}m${text}\x1b[${CODES[name][1]}m` : text
  return { bold: style('bold'), dim: style('dim'), green: style('green'), red: style('red'), cyan: style('cyan'), yellow: style('yellow') }
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const
const EVERY_MS = 80

/** One line that turns while something takes time, and leaves no trace. Silent where there is no terminal. */
export class Spinner {
  readonly #stream: WriteStream
  readonly #enabled: boolean
  #timer: NodeJS.Timeout | undefined
  #frame = 0

  constructor (stream: WriteStream, env: NodeJS.ProcessEnv) {
    this.#stream = stream
    this.#enabled = stream.isTTY && env['TERM'] !== 'dumb'
  }

  /** Turns, with this text. */
  start (text: string): void {
    this.stop()
    if (!this.#enabled) return
    const draw = (): void => { this.#stream.write(`\r\x1b[K  ${FRAMES[this.#frame++ % FRAMES.length] ?? ''} ${text} …`) }
    draw()
    this.#timer = setInterval(draw, EVERY_MS)
    this.#timer.unref()
  }

  /** Wipes the line. */
  stop (): void {
    if (this.#timer === undefined) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stream.write('\r\x1b[K')
  }
}
