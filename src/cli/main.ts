#!/usr/bin/env node
/** The entry of the command line. */
import '../polyfill.js'
import { run } from './program.js'

await run(process.argv)
