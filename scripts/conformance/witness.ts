/**
 * Hands in what the interpreter asks for. The reference does not look at what it has no gas for; the interpreter cannot know that an account is cold
 * without seeing it, and names it.
 */
import { bytesToHex, bigintToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address } from '../../src/protocol/types.js'
import { selectorOf, type JudgeCall, type LocalJudge } from '../../src/machine/judge.js'
import type { JudgePause, JudgeRefusal, JudgeResult } from '../../src/machine/judge-answer.js'
import type { JudgeMessage, JudgeRooms } from '../../src/machine/judge-input.js'
import { fixtureBytes, fixtureNumber, type FixtureState } from './reference.js'

const MISSING_ACCOUNT = selectorOf('MissingAccount(address)')
const MISSING_SLOT = selectorOf('MissingSlot(address,uint256)')
const MOST_ROUNDS = 200

/** What the interpreter answered in the end, and the message with all that it needed. */
export type Judged = JudgeCall<JudgeResult | JudgePause | JudgeRefusal> & { readonly message: JudgeMessage }

/** Runs the message, and again with each cold account or slot that was missing. */
export async function judgeWith (judge: LocalJudge, message: JudgeMessage, pre: FixtureState, steps: bigint, rooms?: JudgeRooms): Promise<Judged> {
  let whole = message
  for (let round = 0; ; round++) {
    const call = await judge.start(whole, steps, rooms)
    const more = call.answer.kind === 'refusal' && round < MOST_ROUNDS ? withMissing(whole, call.answer, pre) : undefined
    if (more === undefined) return { ...call, message: whole }
    whole = more
  }
}

function withMissing (message: JudgeMessage, { selector, args }: JudgeRefusal, pre: FixtureState): JudgeMessage | undefined {
  if (selector !== MISSING_ACCOUNT && selector !== MISSING_SLOT) return undefined
  const address = bytesToHex(bigintToBytes(args[0] ?? 0n, 20)) as Address
  const { balance = '0x', nonce = '0x', code = '0x', storage = {} } = pre[address] ?? {}
  if (selector === MISSING_ACCOUNT) {
    const bytes = fixtureBytes(code)
    const hasStorage = Object.values(storage).some((value) => fixtureNumber(value) !== 0n)
    const account = { address, balanceWei: fixtureNumber(balance), nonce: fixtureNumber(nonce), codeHash: hash32(bytes), code: bytes, warm: false, hasStorage }
    return { ...message, accounts: [...message.accounts, account] }
  }
  const key = args[1] ?? 0n
  const found = Object.entries(storage).find(([slot]) => fixtureNumber(slot) === key)
  return { ...message, slots: [...message.slots, { address, key, value: fixtureNumber(found?.[1] ?? '0x'), warm: false }] }
}
