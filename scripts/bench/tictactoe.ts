/**
 * What judging the fifth move of a game of TicTacToe costs as one transaction, and of what: the whole judge, with the code by reference to the creation code
 * that the thread was opened with.
 */
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bigintToBytes, concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import { decodeInput, signInput } from '../../src/protocol/input.js'
import { threadIdOf } from '../../src/protocol/terms.js'
import type { Address, Hex, Input, Terms } from '../../src/protocol/types.js'
import { transactionGas } from '../../src/machine/costs.js'
import { Judgement, type JudgeStep, type Matter } from '../../src/machine/judgement.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import { Machine, type Batch, type MachineContext } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { witnessOf } from '../../src/machine/witness.js'
import { accountPath, slotPath, ZERO_WORD } from '../../src/state/leaf.js'
import { find, type Tree } from '../../src/state/tree.js'
import { wordOf } from '../../src/state/world.js'
import { LocalContract } from '../local-contract.js'
import type { Figure } from './gas.js'

const BASE = 21_000n
const ETHER = 10n ** 18n
const WALLETS = [0x41, 0x42].map((byte) => new Uint8Array(32).fill(byte))
const SESSIONS = [0x51, 0x52].map((byte) => new Uint8Array(32).fill(byte))
const MOVES = [0, 4, 8, 2, 6]

/** `judge.tictactoe.gas` and its parts, which add up to it. */
export async function benchTicTacToe (): Promise<Figure[]> {
  const verifier = await LocalVerifier.create({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode })
  const { interface: game, creationCode } = loadArtifact('TicTacToe')
  const context = contextOf(creationCode, hexToBytes(game.encodeDeploy([...WALLETS.map(addressOf), ETHER, 3600n]) as Hex))
  const { machine } = await Machine.genesis(context, creationCode)
  const holder = { address: context.terms.codeSource, code: concatBytes(Uint8Array.of(0), creationCode) }
  await verifier.hold(holder)
  const batchOf = (index: number): Batch & { input: Input } => {
    const data = hexToBytes(game.encodeFunctionData('play', [MOVES[index]]) as Hex)
    const signed = signInput({ nonce: BigInt(1 + (index >> 1)), to: machine.contract, data, valueWei: index < 2 ? ETHER : 0n, gasLimit: 500_000n }, SESSIONS[index % 2] ?? ZERO_WORD, context)
    const input = decodeInput(signed, context)
    return { nonce: BigInt(index + 1), timestampSec: 1_700_000_000n + BigInt(index), parent: hash32(Uint8Array.of(index)), inputs: [input], input }
  }
  for (let index = 0; index < MOVES.length - 1; index++) machine.commit(await machine.prepare(batchOf(index)))
  const last = batchOf(MOVES.length - 1)
  return await machine.inspect(async (world) => {
    const matter = await matterOf(context, world, last, last.input, [holder])
    const step = await new Judgement(verifier, matter).next()
    if (step.answer.kind !== 'verdict' || !step.answer.success) throw new Error('the move of TicTacToe is not judged')
    return figuresOf(step, await proofGas(matter))
  })
}

function figuresOf (step: JudgeStep, proof: bigint): Figure[] {
  const total = transactionGas(step.data, step.gasUsed)
  const calldata = total - BASE - step.gasUsed
  const parts: [string, bigint][] = [
    ['gas', total], ['base', BASE], ['calldata', calldata], ['interpreter', step.interpreterGas], ['proof', proof], ['signature', step.gasUsed - step.interpreterGas - proof]
  ]
  return parts.map(([name, value]) => ({ name: `judge.tictactoe.${name}`, value: Number(value), unit: 'gas' }))
}

/** Checking the proof, and the new root. What changes are the player's nonce and the slot with the board. */
async function proofGas ({ view, touched }: Matter): Promise<bigint> {
  const { accounts, proof } = witnessOf(view, touched)
  const [sender] = accounts.map(({ address }) => accountPath(address))
  const slots = accounts.flatMap(({ address, slots: own }) => own.map(({ key }) => slotPath(address, wordOf(bigintToBytes(key, 32)))))
  const items = [...accounts.map(({ address }) => accountPath(address)), ...slots].map((path) => {
    const oldValue = valueAt(view.tree, path)
    const changes = slots.includes(path) || path.join() === sender?.join()
    return [path, oldValue, changes ? hexToBytes(hash32(oldValue)) : oldValue]
  })
  const { result, error } = await (await LocalContract.create('MultiProofHarness')).call('gasOf', [items.flat(), proof])
  if (error !== undefined) throw new Error(`the proof is refused: ${error}`)
  return BigInt(result[0] as bigint)
}

function valueAt (tree: Tree, path: Uint8Array): Uint8Array {
  return find(tree, path)?.value ?? ZERO_WORD
}

function contextOf (code: Uint8Array, ctorArg: Uint8Array): MachineContext {
  const terms: Terms = {
    players: WALLETS.map(addressOf), sessionKeys: SESSIONS.map(addressOf), deposits: [10n * ETHER, 10n * ETHER], shares: [1n, 1n], asset: ZERO_ADDRESS, assetDecimals: 18,
    codeKind: 0, codeSource: `0x${'c0'.repeat(20)}` as Address, codeHash: hash32(code), ctorArg, oracle: addressOf(new Uint8Array(32).fill(0x61)), oracleFee: ETHER,
    windowSec: 3600n, timeBankSec: 3600n, forcedMoves: 3, settlement: '0x00000000', gasLimit: 1_000_000n, pieceGas: 0n, joinDeadlineSec: 0n, salt: ZERO_HASH
  }
  const domain = { chainId: 31_337n, court: addressOf(new Uint8Array(32).fill(0x71)) }
  return { thread: threadIdOf(terms, domain), terms, domain }
}
