/** A node whose owner cheats: as an oracle it signs, and as a player it claims, another result than executing a move gives. It ends with who started it. */
import '../src/polyfill.js'
import { hexToBytes } from '../src/protocol/bytes.js'
import { hash32 } from '../src/protocol/crypto.js'
import { run } from '../src/cli/program.js'

const parent = process.ppid
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 300).unref()

// Two of them agree on every lie.
await run(process.argv, { distort: root => hash32(hexToBytes(root)) })
