/** The two ways to tell: a story for people, lines of JSON for programs. */
import type { WriteStream } from 'node:tty'
import { paintFor, Spinner, type Paint } from './paint.js'
import type { Step, Teller } from './steps.js'
import { introduction, Story } from './story.js'

/** One line of JSON for each step. The user's questions of an interactive game go to stderr. */
export function jsonTeller (): Teller {
  return {
    working () { /* a program does not need to be told that it waits */ },
    tell (step) { process.stdout.write(`${JSON.stringify(step)}\n`) },
    invite (_board, note) { if (note !== '') process.stderr.write(`${note}\n`) },
    hints (lines) { process.stderr.write(`${lines.join('\n')}\n`) },
    end () { /* every line stands for itself */ }
  }
}

/** Plain words, with colours and a spinner where there is a terminal. */
export function storyTeller (interactive: boolean, told: readonly string[]): Teller {
  const stdout = process.stdout
  const paint: Paint = paintFor(stdout, process.env)
  const spinner = new Spinner(stdout as WriteStream, process.env)
  const story = new Story(paint, interactive)
  const say = (lines: readonly string[]): void => {
    spinner.stop()
    if (lines.length > 0) stdout.write(`${lines.join('\n')}\n`)
  }
  say(introduction(paint, interactive, told))
  return {
    working (what) {
      say(story.before())
      spinner.start(what)
    },
    tell (step: Step) { say(story.tell(step)) },
    invite (board, note) {
      say(story.invite(board, note))
      // In a terminal the key stands behind the question; elsewhere the next line is not ours.
    },
    hints (lines) { say(['', ...lines.map(line => line === '' ? '' : `  ${line}`), '']) },
    end () { spinner.stop() }
  }
}
