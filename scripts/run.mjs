#!/usr/bin/env node
/**
 * What every npm script calls: `node scripts/run.mjs <command> [arguments]`. Installs and builds what is missing, then runs the
 * command in a process of its own. Needs nothing but Node, because on a fresh clone there is nothing else.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const HELP = `Usage: node scripts/run.mjs <command> [arguments]      (npm start is "demo"; npm run <command> -- [arguments])

Commands
  demo     a chain, two nodes and a whole game between them, told step by step
  test     all tests; arguments are parts of file names; --json
  build    contracts and TypeScript, into dist/
  bench    measurements: gas, speed; --json
  conformance  Ethereum's own tests through the judge: <folder or file …>; --json
  compilers  the same routine by every compiler since 0.8.20, which are fetched from the npm registry; --json
  routines   generated routines, what both EVMs make of them; --json
  check    the rules of the source: imports, doc comments, error codes, types
  cli      the node's own command line (after a global install: evm-threads)
  clean    deletes dist/

Before a command runs, packages that are missing or out of date are installed (npm ci) and whatever changed is built.
Their progress goes to stderr. Everything after the command is handed to it; --help too.

Examples
  npm start -- --interactive
  npm test -- thread/journal
  npm run bench -- gas --json
`

/** Script of each command, and what it needs before it can run. */
const COMMANDS = {
  demo: { script: 'dist/scripts/demo/main.js', needs: 'build' },
  test: { script: 'dist/scripts/test/main.js', needs: 'build' },
  build: { needs: 'build' },
  bench: { script: 'dist/scripts/bench/main.js', needs: 'build' },
  conformance: { script: 'dist/scripts/conformance/main.js', needs: 'build' },
  compilers: { script: 'dist/scripts/compilers/main.js', needs: 'build' },
  routines: { script: 'dist/scripts/routines/main.js', needs: 'build' },
  check: { script: 'scripts/check.mjs', needs: 'install' },
  cli: { script: 'dist/src/cli/main.js', needs: 'build' },
  clean: { needs: 'nothing' }
}

async function main ([name, ...rest]) {
  checkNodeVersion()
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP)
    return name === undefined ? 2 : 0
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    process.stderr.write(`Unknown command: ${name}\n\n${HELP}`)
    return 2
  }
  const { script, needs } = COMMANDS[name]
  const args = rest[0] === '--' ? rest.slice(1) : rest // npm drops the dashes itself; a shell does not

  const { prepare, clean } = await import('./prepare.mjs')
  if (name === 'clean') await clean(root)
  else await prepare(root, needs)
  return script === undefined ? 0 : await runScript(join(root, script), args)
}

/** Old versions fail later, in ways that nobody understands. */
function checkNodeVersion () {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  process.stderr.write(`Node ${process.versions.node} is too old: 20.19 or newer is needed, 24 is best (https://nodejs.org).\n`)
  process.exit(1)
}

/** Runs it under the same Node, with our terminal; resolves with its exit code. */
async function runScript (path, args) {
  const child = spawn(process.execPath, [path, ...args], { stdio: 'inherit' })
  const forward = signal => {
    // Ctrl-C in a terminal goes to the whole group: the child has it already, and a second one would mean "at once".
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => { resolve(code ?? 128 + (constants.signals[signal] ?? 0)) })
  })
}

main(process.argv.slice(2)).then(
  code => { process.exitCode = code },
  error => {
    process.stderr.write(`${error.expected === true ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
)
