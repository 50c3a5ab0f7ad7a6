#!/usr/bin/env node
/** The entry of the command line. */
import '../polyfill.js'
import { run } from './program.js'

// `evm-threads … | head` has read enough: that is no error. A node goes on without its terminal.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (stream === process.stdout && process.argv[2] !== 'start') process.exit()
  })
}

await run(process.argv)
