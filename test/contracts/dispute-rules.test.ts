// time limit: 300 s
/**
 * The contract beside the model of its rules (`test/sim/dispute/rules.ts`): the same calls at the same times, and after each of them the same record, or the same
 * refusal. The model is explored exhaustively for small bounds; here it is shown to be the contract's.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DisputeTerms } from '../sim/dispute/rules.js'
import { addressOf } from '../../src/protocol/crypto.js'
import { Arena, hex } from './arena.js'
import { CLAIMED_GAS_LIMIT, CLAIMS_BOND, ORACLE_KEY, Twin, type Try } from './twin.js'

const arena = await Arena.create()
const test = suite('contracts/Threads: the rules of disputes, as modelled')
test.after(() => arena.stop())

const ETHER = 10n ** 18n
const TERMS: DisputeTerms = { players: 3, window: 64, bank: 50, moves: 4, grace: 4 }
const ORACLE = addressOf(ORACLE_KEY)
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1_000_000n * ETHER))
const RUNS = Number(process.env['DISPUTE_RUNS'] ?? 25)

const OPENING: Try = { what: 'challenge', player: 0, other: 1, wait: 1, good: true, late: 0 }
const someTry: fc.Arbitrary<Try> = fc.record({
  what: fc.oneof(
    { weight: 9, arbitrary: fc.constant('advance') }, { weight: 8, arbitrary: fc.constant('claim') }, { weight: 5, arbitrary: fc.constant('refute') }, { weight: 5, arbitrary: fc.constantFrom('doubt', 'doubt', 'drop') }, { weight: 4, arbitrary: fc.constantFrom('challenge', 'begin', 'refute') },
    { weight: 2, arbitrary: fc.constantFrom('respond', 'resume', 'checkpoint', 'settle') }
  ),
  player: fc.integer({ min: 0, max: 2 }),
  other: fc.integer({ min: 0, max: 3 }),
  wait: fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 6 }) }, { weight: 1, arbitrary: fc.constantFrom(11, 12, 13, 49, 50, 51, 62, 63, 64, 65) }),
  good: fc.boolean(),
  late: fc.constantFrom(0, 0, 1, 2, 3, 4, 5)
})

test(`${RUNS} random disputes of 40 calls: the court takes and refuses what the model does, and stands where it stands`, async () => {
  const taken = new Map<string, number>()
  await fc.assert(fc.asyncProperty(fc.array(someTry, { minLength: 40, maxLength: 40 }), async tries => {
    await arena.isolated(async () => {
      const game = await (await arena.game({
        count: TERMS.players, windowSec: BigInt(TERMS.window), timeBankSec: BigInt(TERMS.bank), forcedMoves: TERMS.moves, settlement: '0x11223344', shares: [1n, 1n, 1n],
        oracle: ORACLE, bondWei: 8n * CLAIMS_BOND, gasLimit: CLAIMED_GAS_LIMIT
      })).start()
      const twin = new Twin(arena, game, TERMS, Number(await arena.nowSec()) + 10, [ETHER, ETHER, ETHER, 0n])
      // Most calls are refused until there is a dispute over something.
      for (const tried of tries[0]?.good === true ? [OPENING, ...tries] : tries) await twin.step(tried)
      // Whatever stands in the end is settled.
      if (twin.court.phase === 'disputed') await twin.step({ what: 'settle', player: 0, other: 0, wait: Math.max(1, twin.court.endsAt - twin.nowSec), good: true, late: 0 })
      for (const [what, count] of twin.taken) taken.set(what, (taken.get(what) ?? 0) + count)
    })
  }), { numRuns: RUNS, seed: 20_261 })
  console.log(Object.fromEntries(taken))
  // A comparison in which nothing is taken shows nothing.
  for (const what of ['challenge', 'respond', 'resume', 'checkpoint', 'advance', 'begin', 'claim', 'refute: judged', 'judge: wrong claim', 'judge: no move', 'judge: right claim', 'doubt', 'drop', 'settle']) assert.ok((taken.get(what) ?? 0) > 0, `no ${what} was taken`)
})

test.run()
