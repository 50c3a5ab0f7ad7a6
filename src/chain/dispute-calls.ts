/** The court's functions of a dispute with their arguments as the ABI has them: the same for a transaction and for its price. */
import { concatBytes, ZERO_HASH } from '../protocol/bytes.js'
import type { ThreadReceipt } from '../protocol/port.js'
import { termsToAbi } from '../protocol/terms.js'
import type { Breakpoint, Hash32 } from '../protocol/types.js'
import type { AccountProof, DisputeCalls, ForcedMove, Holdings, LastInput, SendOptions, ShownCertificate } from '../thread/ports.js'

/** Calls a function of the court. */
type Call<T> = (name: string, parameters: readonly unknown[], options?: SendOptions, valueWei?: bigint) => Promise<T>

/** The calls, each made by `call`. */
export function disputeCalls<T> (call: Call<T>): DisputeCalls<T> {
  return {
    challenge: async (terms, certificate, options) => await call('challenge', [termsToAbi(terms), ...certificateToAbi(certificate)], options),
    respond: async (terms, certificate, options) => await call('respond', [termsToAbi(terms), ...certificateToAbi(certificate)], options),
    advance: async (terms, recorded, move, witness, options) =>
      await call('advance', [termsToAbi(terms), breakpointToAbi(recorded), moveToAbi(move), witness], options),
    challengeAndAdvance: async (terms, certificate, move, witness, options) =>
      await call('challengeAndAdvance', [termsToAbi(terms), ...certificateToAbi(certificate), moveToAbi(move), witness], options),
    refute: async (terms, { recorded, last, paused, witness }, parent, options) =>
      await call('refute', [termsToAbi(terms), breakpointToAbi(recorded), breakpointToAbi(parent), lastToAbi(last), paused ?? ZERO_HASH, witness], options),
    refuteClaim: async (terms, { index, claimed, parent, input: { player, input }, paused, witness, sender }, options) => await call('refuteClaim', [
      termsToAbi(terms), index, breakpointToAbi(claimed), breakpointToAbi(parent), [player, [], input.raw, input.binding],
      [paused ?? ZERO_HASH, witness, sender === undefined ? [] : [proofToAbi(sender)]]
    ], options),
    doubt: async (terms, { index, claimed, depositWei }, options) => await call('doubt', [termsToAbi(terms), index, breakpointToAbi(claimed)], options, depositWei),
    drop: async (terms, { claimed, parent, input: { player, input } }, options) =>
      await call('drop', [termsToAbi(terms), breakpointToAbi(claimed), breakpointToAbi(parent), [player, [], input.raw, input.binding]], options),
    settle: async (terms, recorded, holdings, options) =>
      await call('settle', [termsToAbi(terms), recorded === undefined ? NO_BREAKPOINT : breakpointToAbi(recorded), holdingsToAbi(holdings)], options),
    settleByFunction: async (terms, { recorded, last, paused, witness }, holdings, options) =>
      await call('settleByFunction', [termsToAbi(terms), breakpointToAbi(recorded), lastToAbi(last), paused ?? ZERO_HASH, witness, holdingsToAbi(holdings)], options),
    redeem: async (terms, { breakpoint, signatures, receipt, siblings }, options) => signatures === undefined
      ? await call('redeem', [termsToAbi(terms), breakpointToAbi(breakpoint), receiptToAbi(receipt), siblings], options)
      : await call('checkpointAndRedeem', [termsToAbi(terms), ...certificateToAbi({ breakpoint, signatures }), receiptToAbi(receipt), siblings], options)
  }
}

/** All zero: nothing is recorded, or what is recorded is meant. */
const NO_BREAKPOINT: readonly unknown[] = [0n, 0n, ZERO_HASH, ZERO_HASH, ZERO_HASH, 0n]
const NOTHING = new Uint8Array(0)

/** A breakpoint without its thread, which follows from the terms. */
export function breakpointToAbi ({ epoch, nonce, parent, stateRoot, inputsRoot, timestampSec }: Breakpoint): readonly unknown[] {
  return [epoch, nonce, parent, stateRoot, inputsRoot, timestampSec]
}

function certificateToAbi (certificate: ShownCertificate | undefined): readonly unknown[] {
  return certificate === undefined ? [NO_BREAKPOINT, NOTHING] : [breakpointToAbi(certificate.breakpoint), concatBytes(...certificate.signatures)]
}

/** A move: its judgement's stop is 0 where it is not judged, or from the start. */
export function moveToAbi ({ player, input, force, timestampSec, paused }: ForcedMove): readonly unknown[] {
  return [player, input.raw, input.binding, force, timestampSec, paused ?? ZERO_HASH]
}

function lastToAbi (last: LastInput | undefined): readonly unknown[] {
  return last === undefined ? [0, [], NOTHING, NOTHING] : [last.player, last.others, last.input.raw, last.input.binding]
}

/** What a state says of its money; all zero where there is no state. */
export function holdingsToAbi (holdings: Holdings | undefined): readonly unknown[] {
  if (holdings === undefined) return [[], [ZERO_HASH, [], ZERO_HASH, ZERO_HASH]]
  const { accounts, exits: { value, siblings, other } } = holdings
  return [accounts.map(proofToAbi), [value, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]]
}

function receiptToAbi ({ index, sender, target, amount, data }: ThreadReceipt): readonly unknown[] {
  return [index, sender, target, amount, data]
}

function proofToAbi ({ nonce, balanceWei, codeHash, siblings, other }: AccountProof): readonly unknown[] {
  const none: Hash32 = ZERO_HASH
  return [nonce, balanceWei, codeHash, siblings, other?.path ?? none, other?.value ?? none]
}
