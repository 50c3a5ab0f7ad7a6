/** Whether a claimed move is what its player's input makes of the state, by the judge's own bytecode; and if it is not, what shows that (specification §8, "Claims"). */
import { ThreadsError } from '../errors.js'
import { decodeInput } from '../protocol/input.js'
import type { Hash32, Input, SignedInput } from '../protocol/types.js'
import type { World } from '../state/world.js'
import type { CodeHolder } from './code-reference.js'
import { costOfJudging, PLANNED_LIMITS, sum, type JudgingCost, type JudgingOutcome } from './costs.js'
import type { Environment, MachineContext } from './environment.js'
import { selectorOf } from './judge.js'
import { caseOf } from './judge-case.js'
import { Judgement, type JudgeStep, type Matter } from './judgement.js'
import type { LocalVerifier } from './local-verifier.js'
import { matterOf } from './matter.js'
import { Touched, viewOf } from './witness.js'

/** A claimed move: what is said to be the player's input, and the root that it is said to leave. */
export type Claim = { readonly player: number, readonly input: SignedInput, readonly stateRoot: Hash32 }

/** The state before the claim, and the slot that it stands in. `world` must not change meanwhile (see `Machine.inspect`). */
export type ClaimGround = { readonly context: MachineContext, readonly world: World, readonly environment: Environment, readonly holders: readonly CodeHolder[] }

/** What the judge makes of a claim; `unknown`: nothing that fits into transactions. `provesSender`: the mover's account goes along, because it is its nonce or balance that lets the input not in. */
export type Refutation =
  | { readonly kind: 'right', readonly calls: readonly JudgeStep[], readonly cost: JudgingCost }
  | { readonly kind: 'wrong', readonly why: string, readonly calls: readonly JudgeStep[], readonly cost: JudgingCost, readonly provesSender: boolean }
  | { readonly kind: 'unknown', readonly why: string }

/** Refusals of the judge that are about the input. They are the court's too (contracts/court/Refutation.sol). */
const NO_INPUT = new Map([
  'NotTheSigner(address)', 'NotCanonical(uint256)', 'BadField(uint256)', 'TrailingBytes()', 'UnknownType(uint256)', 'WrongChain(uint256,uint256)', 'HighS()', 'InputTooLong(uint256,uint256)',
  'GasLimitTooHigh(uint256,uint256)', 'GasLimitTooLow(uint256,uint256)', 'InitCodeTooLong(uint256,uint256)',
  'NotAMover(address)', 'ResumeTooLong(uint256,uint256)'
].map(signature => [selectorOf(signature), signature]))
/** The same, where what the judge was shown of the mover's account decides. */
const BY_ACCOUNT = new Map(['WrongNonce(uint256,uint256)', 'CannotPay(uint256)'].map(signature => [selectorOf(signature), signature]))
/** A claimed input need not be one that the players would have signed: whatever the thread's gas limit allows (6,000,000 at some 120 gas for each) is brought before the judge. */
const MOST_TRANSACTIONS = 500

/** Plays the judgement of a claimed move. */
export async function refutationOf (verifier: LocalVerifier, ground: ClaimGround, claim: Claim): Promise<Refutation> {
  const matter = await matterOfClaim(ground, claim)
  const { size } = new Judgement(verifier, matter)
  // However few opcodes it takes, a first call shows everything: there is no need to play it.
  if (size > PLANNED_LIMITS.calldataBytes) return { kind: 'unknown', why: `its judgement would begin with ${size} bytes` }
  const outcome = await playable(costOfJudging(verifier, matter, PLANNED_LIMITS, MOST_TRANSACTIONS))
  if (!('refused' in outcome)) {
    const { calls, cost } = outcome
    const last = calls.at(-1)?.answer
    if (last?.kind !== 'verdict') return { kind: 'unknown', why: 'the judge gave no verdict' }
    if (!last.success) return { kind: 'wrong', why: 'its input reverts', calls, cost, provesSender: false }
    if (last.newRoot !== claim.stateRoot) return { kind: 'wrong', why: `it leaves the root ${last.newRoot}`, calls, cost, provesSender: false }
    return { kind: 'right', calls, cost }
  }
  const { refusal, refused } = outcome
  if (refusal?.answer.kind !== 'refusal') return { kind: 'unknown', why: refused }
  const { selector } = refusal.answer
  const why = NO_INPUT.get(selector) ?? BY_ACCOUNT.get(selector)
  if (why === undefined) return { kind: 'unknown', why: refused }
  return { kind: 'wrong', why: `its input is none: ${why}`, calls: [refusal], cost: sum([refusal]), provesSender: BY_ACCOUNT.has(selector) }
}

/** SAFETY: what cannot be played here, for whatever reason, must not stand because of that. */
async function playable (playing: Promise<JudgingOutcome>): Promise<JudgingOutcome> {
  try {
    return await playing
  } catch (error) {
    if (error instanceof ThreadsError) return { refused: `${error.code}: ${error.message}` }
    throw error
  }
}

async function matterOfClaim (ground: ClaimGround, claim: Claim): Promise<Matter> {
  const { context, world, environment, holders } = ground
  const input = inputOf(claim, context)
  if (input !== undefined) return await matterOf(context, world, environment, input, holders)
  // No player's transaction: the judge sees that before it looks at anything but the mover's account.
  const judgeCase = caseOf(context, environment, world.root, claim.player)
  const touched = new Touched()
  touched.needed(judgeCase.wallet)
  return { judgeCase, raw: claim.input.raw, cast: { sender: judgeCase.wallet, target: judgeCase.wallet, coinbase: judgeCase.coinbase }, view: viewOf(world), touched, holders }
}

/** The claimed input, if it is one of the mover's. */
function inputOf ({ input, player }: Claim, context: MachineContext): Input | undefined {
  try {
    const decoded = decodeInput(input, context)
    return decoded.player === player ? decoded : undefined
  } catch (error) {
    if (error instanceof ThreadsError) return undefined
    throw error
  }
}
