/** What one oracle's process holds while it follows many threads: memory and open files, from the system's own account of it. Linux only. */
import { readdir, readFile } from 'node:fs/promises'
import { AbiCoder } from 'ethers'
import { openArena, until, type Arena, type Player } from '../arena.js'
import type { Figure } from './gas.js'

const ETHER = 10n ** 18n
const PASSIVE = ['--no-auto-dispute', '--no-auto-respond', '--log-level', 'error'] as const
/** Threads that are opened at once. */
const AT_ONCE = 8
/** How long a thread has to begin, milliseconds: hundreds share two processes. */
const PATIENCE_MS = 600_000

/** Opens so many threads with one oracle, and looks at its process on the way. @param count threads @param progress told how far it is */
export async function benchOracle ({ count, progress }: { readonly count: number, readonly progress: (text: string) => void }): Promise<Figure[]> {
  const arena = await openArena()
  try {
    const [alice, bob, oracle] = await Promise.all([
      arena.player('alice', { account: 1, flags: PASSIVE }), arena.player('bob', { account: 2, flags: PASSIVE }),
      arena.player('oracle', { account: 3, flags: ['--oracle', '--oracle-claims', '1', '--log-level', 'error'] })
    ])
    await oracle.rpc.request('oracle_bond', { amount: (3n * ETHER * BigInt(count)).toString() })
    const { address } = await arena.deployData('TicTacToe')
    const figures = await figuresAt(oracle, 0)
    for (let open = 0; open < count;) {
      const more = Math.min(AT_ONCE, count - open)
      await Promise.all(Array.from({ length: more }, async () => await thread(arena, alice, bob, oracle, address)))
      open += more
      progress(`${open} threads`)
      if (open % 50 < AT_ONCE || open === count) figures.push(...await figuresAt(oracle, open))
    }
    return figures
  } finally {
    await arena.stop()
  }
}

/** One thread, begun by both players and followed by the oracle, with two moves. */
async function thread ({ provider }: Arena, alice: Player, bob: Player, oracle: Player, code: string): Promise<void> {
  const players = [alice, bob].map(({ wallet, sessionKey }) => ({ wallet, sessionKey, deposit: ETHER.toString() }))
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [alice.wallet, bob.wallet, ETHER / 10n, 60n])
  const opened = await alice.rpc.request('thread_open', { players, contract: code, ctorArg, oracle: oracle.wallet })
  const id = opened.thread
  const knows = async (player: Player): Promise<boolean> => (await player.rpc.request('thread_list', { all: true })).threads.some(each => each.thread === id)
  await until('the acceptance', async () => await knows(alice) && (await alice.rpc.request('oracle_status', { thread: id })).thread?.accepted === true ? true : undefined, PATIENCE_MS)
  await until('bob to hear of it', async () => await knows(bob) || undefined, PATIENCE_MS)
  const { transaction } = await bob.rpc.request('thread_join', { thread: id })
  await provider.waitForTransaction(transaction.hash)
  for (const [at, player] of [alice, bob].entries()) {
    await until('the turn', async () => (await player.rpc.request('thread_status', { thread: id })).head?.slot.nonce === at || undefined, PATIENCE_MS)
    await player.rpc.request('thread_send', { thread: id, signature: 'play(uint8)', args: [at], value: (ETHER / 10n).toString(), timeoutSec: PATIENCE_MS / 1000 })
  }
  await until('the oracle to follow', async () => (await oracle.rpc.request('thread_status', { thread: id })).head?.slot.nonce === 2 || undefined, PATIENCE_MS)
}

async function figuresAt ({ pid = 0 }: Player, threads: number): Promise<Figure[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  const files = (await readdir(`/proc/${pid}/fd`)).length
  return [
    { name: `oracle.memory.${threads}`, value: Math.round(kib / 1024), unit: 'MiB resident' },
    { name: `oracle.files.${threads}`, value: files, unit: 'open files' }
  ]
}
