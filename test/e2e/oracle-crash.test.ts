// time limit: 240 s
/**
 * An oracle's node that is killed around the write of what it signs: whoever asks again gets the same bytes, or what nobody has seen yet.
 * `node dist/test/e2e/oracle-crash.test.js --all` kills it at every single write of a game that ends with a move for which it answers.
 */
import '../../src/polyfill.js'
import { writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { ThreadsError } from '../../src/errors.js'
import { createNetwork, type Network } from '../../src/network/network.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { hash32, sign, verify } from '../../src/protocol/crypto.js'
import { decodeSyncAnswer, encodeSyncRequest } from '../../src/protocol/sync.js'
import { forceDigest, forceHash, resultDigest } from '../../src/protocol/typed-data.js'
import type { ResultAnswer, ResultRequest } from '../../src/protocol/oracle-codec.js'
import type { Address, Domain, Hash32, SignedInput } from '../../src/protocol/types.js'
import type { Result } from '../../src/rpc/api.js'
import type { CrashPlan } from './crash-node.js'
import { Cheat } from './false-claims.js'
import { eventually, Mortal, withKills } from './crash-stage.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

const test = suite('e2e/oracle-crash')
const ENTRY = fileURLToPath(new URL('./crash-node.js', import.meta.url))
const WINDOW = 4_000
const PASSIVE = ['--no-auto-dispute', '--no-auto-respond']
const FEE = ETHER / 100n
const RESULT_FEE = ETHER / 1_000n

/** A thread in a dispute that the oracle follows, and a peer of no account that asks it in alice's name. */
class Desk {
  readonly table: Table
  readonly #oracle: Player
  readonly #network: Network
  readonly #cheat: Cheat

  constructor (table: Table, oracle: Player, network: Network) {
    this.table = table
    this.#oracle = oracle
    this.#network = network
    this.#cheat = new Cheat(table, 0, 1)
  }

  get #domain (): Domain { return { chainId: this.table.arena.anvil.chainId, court: this.table.arena.court } }

  input (cell: number): SignedInput { return this.#cheat.input(2n, 'play(uint8)', [cell]) }

  /** Alice's move, forced on what is recorded. */
  async request (input: SignedInput): Promise<ResultRequest> {
    const { head } = await this.table.status(this.#oracle)
    const block = await this.table.arena.provider.getBlock('latest')
    const asked = { thread: this.table.thread, dispute: 1n, parent: (head?.hash ?? '0x') as Hash32, timestampSec: BigInt(block?.timestamp ?? 0) }
    return { ...asked, input, force: sign(forceDigest({ ...asked, txHash: hash32(input.raw) }, this.#domain), hexToBytes(this.table.player(0).key)) }
  }

  /** The oracle's answer; undefined: it died. */
  async ask (request: ResultRequest): Promise<ResultAnswer & { kind: 'signed' } | undefined> {
    const [address = ''] = this.#oracle.multiaddrs
    this.#network.connect(address)
    const id = address.slice(address.lastIndexOf('/') + 1)
    await until('the oracle to be connected', () => this.#network.peers().some(peer => peer.id === id) || undefined, 60_000)
    try {
      const answer = decodeSyncAnswer(await this.#network.request(id, encodeSyncRequest({ kind: 'result', ...request }), { timeoutMs: 20_000 }))
      if (answer.kind !== 'result' || answer.answer.kind !== 'signed') throw new Error(`answered ${JSON.stringify(answer)}`)
      const { stateRoot, feeWei, signature } = answer.answer
      const { thread, dispute, parent, timestampSec, input } = request
      const force = forceHash({ thread, dispute, parent, txHash: hash32(input.raw), timestampSec })
      assert.ok(verify(resultDigest({ force, stateRoot, feeWei }, this.#domain), signature, this.#oracle.wallet))
      return answer.answer
    } catch (error) {
      if (!(error instanceof ThreadsError)) throw error
      return undefined
    }
  }
}

async function open (arena: Arena): Promise<{ desk: Desk, oracle: Player, network: Network, fee: (wei: number) => void, plan: (when: CrashPlan | undefined) => Promise<void> }> {
  const planFile = join(arena.folder, 'oracle.plan')
  const env: Record<string, string> = { CRASH_PLAN: planFile, EVM_THREADS_ORACLE_RESULT_FEE: '1' }
  const [alice, bob, oracle, network] = await Promise.all([
    arena.player('alice', { account: 1, flags: PASSIVE }), arena.player('bob', { account: 2, flags: PASSIVE }),
    arena.player('oracle', { account: 3, entry: ENTRY, flags: ['--oracle', '--oracle-claims', '1'], env }),
    createNetwork({ privateKey: randomBytes(32), clock: { nowMs: () => Date.now() }, random: Math.random, listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [], peers: [], log: () => {} })
  ])
  await network.start()
  const { address } = await arena.deployData('TicTacToe')
  await oracle.rpc.request('oracle_bond', { amount: (10n ** 19n).toString() })
  const table = await Table.open(arena, [alice, bob], address, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, oracle: oracle.wallet, joining: [] })
  await until('the acceptance', async () => (await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.accepted === true || undefined, 60_000)
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await table.play(X_WINS.slice(0, 2))
  await table.reach(2, [alice, bob, oracle])
  await bob.kill()
  await alice.rpc.request('thread_challenge', { thread: table.thread })
  await table.phase(oracle, 'dispute')
  return {
    desk: new Desk(table, oracle, network), oracle, network, fee: wei => { env['EVM_THREADS_ORACLE_RESULT_FEE'] = String(wei) },
    plan: async when => { await writeFile(planFile, JSON.stringify(when ?? { when: 'before', label: '^never$', nth: 1 })) }
  }
}

test('killed before what it signs is on disk, it has said nothing, and is free; killed after, it says the same for ever, whatever it asks by now', async () => {
  const arena = await openArena()
  const { desk, oracle, network, fee, plan } = await open(arena)
  try {
    for (const [when, cell, expected] of [['before', X_WINS[2], 2n], ['after', X_WINS[4], 2n]] as const) {
      const request = await desk.request(desk.input(cell))
      await plan({ when, label: 'sign result', nth: 1 })
      const asked = desk.ask(request)
      assert.is(await oracle.ended(), -1, `it was not killed ${when} the write`)
      assert.is(await asked, undefined)
      await plan(undefined)
      // Before: it has signed nothing, and takes what it takes now. After: what stands in its journal was said at the old fee.
      fee(when === 'before' ? 2 : 3)
      await oracle.kill()
      await oracle.start()
      await desk.table.phase(oracle, 'dispute')
      const first = await desk.ask(request)
      assert.is(first?.feeWei, expected, when)
      assert.equal(await desk.ask(request), first)
    }
  } finally {
    await network.stop()
    await arena.stop()
  }
})

/** A game in which the oracle accepts, follows, answers for the last move, and is paid. */
async function serve (arena: Arena, [alice, bob, oracle]: readonly [Player, Player, Player], code: Address): Promise<void> {
  await bob.start()
  // It may be dead.
  const reported = async (): Promise<Result<'oracle_report'> | undefined> => !oracle.isRunning ? undefined : await oracle.rpc.request('oracle_report', {}).catch(() => undefined)
  const earned = async (): Promise<readonly bigint[]> => {
    const { earned: { threadsWei, resultsWei } } = await eventually('the oracle to answer', reported)
    return [BigInt(threadsWei), BigInt(resultsWei)]
  }
  const before = await earned()
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: 200, oracle: oracle.wallet, oracleFee: FEE.toString(), joining: [] })
  await eventually('the acceptance', async () => (await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.accepted === true || undefined)
  await eventually('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await table.play(X_WINS.slice(0, 6))
  await table.reach(6)
  await bob.kill()
  await table.send(0, 'play(uint8)', [X_WINS[6]], { timeoutSec: 90 })
  const { moves } = await alice.rpc.request('thread_dispute', { thread: table.thread })
  await arena.passTime(600)
  const { chain: { payoutsUnits } } = await table.phase(alice, 'settled')
  assert.equal(payoutsUnits, [ETHER + STAKE, ETHER - STAKE, FEE].map(String))
  const report = await eventually('the oracle to see the end', async () => (await reported())?.threads.find(({ thread, phase }) => thread === table.thread && phase === 'settled'))
  // Where it was dead when it was asked, the chain has executed the move; it has never signed two.
  const claims = moves.filter(({ claimedBy }) => claimedBy === oracle.wallet).length
  assert.ok(moves.length === 1 && report.results <= 1 && claims <= report.results, `${moves.length} moves, ${report.results} results, ${claims} claims`)
  assert.equal(await earned(), [(before[0] ?? 0n) + FEE, (before[1] ?? 0n) + BigInt(claims) * RESULT_FEE])
  assert.ok(report.releasable)
}

if (process.argv.includes('--all')) {
  test('killed at every single write of a game, it signs nothing twice, and has every fee', async () => {
    const arena = await openArena()
    try {
      const { address } = await arena.deployData('TicTacToe')
      const [alice, bob, oracle] = await Promise.all([
        arena.player('alice', { account: 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2', '--use-oracle'] }),
        arena.player('bob', { account: 2, flags: PASSIVE }),
        Mortal.open(arena, 'oracle', 3, ['--oracle', '--oracle-claims', '1', '--oracle-fee', String(FEE), '--oracle-result-fee', String(RESULT_FEE)])
      ])
      await oracle.player.rpc.request('oracle_bond', { amount: (10n ** 21n).toString() })
      const failures: string[] = []
      let [killed, cases] = [true, 0]
      for (let nth = 1; killed; nth++) {
        for (const when of ['before', 'after'] as const) {
          if (bob.pid !== undefined) await bob.kill()
          try {
            killed = (await withKills([[oracle, { when, label: '', nth }]], async () => { await serve(arena, [alice, bob, oracle.player], address) })).length === 0
            cases++
          } catch (error) {
            failures.push(`${when} write ${nth}: ${error instanceof Error ? error.message.slice(0, 2_000) : String(error)}`)
          }
          console.log(`${when} write ${nth}: ${killed ? 'killed' : 'not reached'}${failures.length === 0 ? '' : `; ${failures.at(-1)}`}`)
        }
      }
      console.log(`${cases} cases, ${failures.length} failures`)
      assert.equal(failures, [])
    } finally {
      await arena.stop()
    }
  })
}

test.run()
