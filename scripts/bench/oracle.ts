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

/** Opens so many threads with one oracle, and looks at its process on the way. @param count threads @param keep how many of them stay in its memory @param progress told how far it is */
export async function benchOracle ({ count, keep, progress }: { readonly count: number, readonly keep: number, readonly progress: (text: string) => void }): Promise<Figure[]> {
  const arena = await openArena()
  try {
    const [alice, bob, oracle] = await Promise.all([
      arena.player('alice', { account: 1, flags: PASSIVE }), arena.player('bob', { account: 2, flags: PASSIVE }),
      arena.player('oracle', { account: 3, flags: ['--oracle', '--oracle-claims', '1', '--keep-loaded', `${keep}`, '--log-level', 'error'] })
    ])
    await oracle.rpc.request('oracle_bond', { amount: (3n * ETHER * BigInt(count)).toString() })
    const { address } = await arena.deployData('TicTacToe')
    const figures = await figuresAt(oracle, '0')
    const ids: string[] = []
    for (let open = 0; open < count;) {
      const more = Math.min(AT_ONCE, count - open)
      ids.push(...await Promise.all(Array.from({ length: more }, async () => await thread(arena, alice, bob, oracle, address))))
      open += more
      progress(`${open} threads`)
      if (open % 50 < AT_ONCE || open === count) figures.push(...await figuresAt(oracle, `${open}`))
    }
    // One more move in each, wherever it is by now.
    for (let played = 0; played < count; played += AT_ONCE) {
      await Promise.all(ids.slice(played, played + AT_ONCE).map(async id => { await move(alice, oracle, id, 2) }))
      progress(`${Math.min(count, played + AT_ONCE)} threads, one move more`)
    }
    figures.push(...await figuresAt(oracle, `${count}.played`))
    return figures
  } finally {
    await arena.stop()
  }
}

/** One thread, begun by both players and followed by the oracle, with two moves. */
async function thread ({ provider }: Arena, alice: Player, bob: Player, oracle: Player, code: string): Promise<string> {
  const players = [alice, bob].map(({ wallet, sessionKey }) => ({ wallet, sessionKey, deposit: ETHER.toString() }))
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [alice.wallet, bob.wallet, ETHER / 10n, 60n])
  const opened = await alice.rpc.request('thread_open', { players, contract: code, ctorArg, oracle: oracle.wallet })
  const id = opened.thread
  const knows = async (player: Player): Promise<boolean> => (await player.rpc.request('thread_list', { all: true })).threads.some(each => each.thread === id)
  await until('the acceptance', async () => await knows(alice) && (await alice.rpc.request('oracle_status', { thread: id })).thread?.accepted === true ? true : undefined, PATIENCE_MS)
  await until('bob to hear of it', async () => await knows(bob) || undefined, PATIENCE_MS)
  const { transaction } = await bob.rpc.request('thread_join', { thread: id })
  await provider.waitForTransaction(transaction.hash)
  for (const [at, player] of [alice, bob].entries()) await move(player, oracle, id, at)
  return id
}

/** The move that leads to slot `at` + 1; the first two carry the stake. */
async function move (player: Player, oracle: Player, id: string, at: number): Promise<void> {
  const reaches = async (who: Player, nonce: number): Promise<true | undefined> => (await who.rpc.request('thread_status', { thread: id })).head?.slot.nonce === nonce || undefined
  await until('the turn', async () => await reaches(player, at), PATIENCE_MS)
  await player.rpc.request('thread_send', { thread: id, signature: 'play(uint8)', args: [at], value: at < 2 ? (ETHER / 10n).toString() : '0', timeoutSec: PATIENCE_MS / 1000 })
  await until('the oracle to follow', async () => await reaches(oracle, at + 1), PATIENCE_MS)
}

async function figuresAt ({ pid = 0, rpc }: Player, at: string): Promise<Figure[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  const files = (await readdir(`/proc/${pid}/fd`)).length
  return [
    { name: `oracle.memory.${at}`, value: Math.round(kib / 1024), unit: 'MiB resident' },
    { name: `oracle.files.${at}`, value: files, unit: 'open files' },
    { name: `oracle.loaded.${at}`, value: (await rpc.request('node_status', {})).loaded, unit: 'threads in memory' }
  ]
}
