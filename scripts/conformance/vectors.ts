/**
 * `node dist/scripts/conformance/vectors.js <folder>`: writes our own test vectors, in the format of GeneralStateTests. The post-state roots are runTx's;
 * the programs are chosen for what is easily got wrong.
 */
import { createBlock } from '@ethereumjs/block'
import { createLegacyTx } from '@ethereumjs/tx'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesToHex } from '../../src/protocol/bytes.js'
import { addressOf, keccak256 } from '../../src/protocol/crypto.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { assemble } from './assembler.js'
import { cancun, ethOf, Reference, type FixtureState } from './reference.js'

const KEY = keccak256(new TextEncoder().encode('sender of the vectors'))
const SENDER = addressOf(KEY)
const MAIN = `0x${'00'.repeat(18)}1000` as Address
const OTHER = `0x${'00'.repeat(18)}2000` as Address
const ENV = {
  currentCoinbase: `0x${'00'.repeat(18)}c0de` as Address, currentGasLimit: '0x1c9c380', currentNumber: '0x5', currentTimestamp: '0x3e8', currentBaseFee: '0x7',
  currentRandom: `0x${'5a'.repeat(32)}`, currentExcessBlobGas: '0x0'
}

type Program = { readonly main: string, readonly other?: string, readonly storage?: Record<Hex, Hex>, readonly gas?: readonly bigint[], readonly data?: readonly string[], readonly valueWei?: bigint }

const RETURN_TOP = '0x0 MSTORE 0x20 0x0 RETURN'
const call = (kind: string, gas: string, value = ''): string => `0x20 0x0 0x20 0x0 ${value} 0x2000 ${gas} ${kind}`

/** Init code of one word that stores 1 at slot 0 and returns a code of one byte (STOP). */
const INIT = '0x600160005560016000f3'

const PROGRAMS: Readonly<Record<string, Program>> = {
  arithmetic: { main: `0x3 0x5 EXP 0xff 0x100 MUL ADD ${RETURN_TOP}` },
  jumpIntoPushedData: { main: '0x3 JUMP 0x5b STOP' },
  jumpBehindLongPushes: { main: `0x${'7f'.repeat(32)} 0x${'7f'.repeat(32)} 0x${'7f'.repeat(32)} 0x66 JUMP JUMPDEST 0x1 0x0 SSTORE` },
  refunds: { main: '0x0 0x1 SSTORE 0x2 0x2 SSTORE 0x0 0x2 SSTORE 0x5 0x1 SSTORE 0x0 0x3 SSTORE', storage: { '0x1': '0x5', '0x3': '0x9' } },
  refundTakenBack: { main: '0x0 0x1 SSTORE 0x7 0x1 SSTORE 0x0 0x3 SSTORE', storage: { '0x1': '0x5', '0x3': '0x9' } },
  refundOfAnOldValue: { main: '0x0 0x1 SSTORE 0x5 0x1 SSTORE', storage: { '0x1': '0x5' } },
  refundOfARevertedCall: { main: `${call('CALL', 'GAS', '0x0')} 0x0 0x1 SSTORE`, other: '0x5 0x1 SSTORE 0x0 0x1 SSTORE 0x0 0x0 REVERT', storage: { '0x1': '0x5' } },
  sentryOfStorage: { main: '0x1 0x0 SSTORE', gas: [23_305n, 23_306n, 43_105n, 43_106n, 43_107n] },
  revertedCallLeavesColdSlots: { main: `${call('CALL', 'GAS', '0x0')} ${call('CALL', 'GAS', '0x0')} GAS 0x7 SSTORE`, other: '0x1 0x0 SSTORE 0x2 SLOAD 0x0 0x0 REVERT' },
  revertedCallLeavesColdAccounts: { main: `${call('CALL', 'GAS', '0x0')} 0x999999 BALANCE 0x888888 EXTCODEHASH`, other: '0x999999 BALANCE 0x888888 EXTCODESIZE 0x0 0x0 REVERT' },
  allButASixtyFourth: { main: `${call('CALL', 'GAS', '0x0')} GAS 0x0 SSTORE ${call('DELEGATECALL', '0xffffffffffff')} GAS 0x1 SSTORE`, other: 'GAS 0x5 SSTORE INVALID' },
  memoryOfACalleeIsFresh: { main: `${call('CALL', 'GAS', '0x0')} 0x300 MLOAD 0x200 MLOAD ADD 0x0 SSTORE ${call('CALL', 'GAS', '0x0')}`, other: '0x1 0x100 MLOAD ADD DUP1 0x100 MSTORE 0x77 0x200 MSTORE 0x0 SSTORE' },
  revertDataOfACall: { main: `${call('STATICCALL', 'GAS')} RETURNDATASIZE 0x0 0x0 RETURNDATACOPY RETURNDATASIZE 0x0 RETURN`, other: '0x2a 0x0 MSTORE 0x40 0x0 REVERT' },
  returnDataBeyondItsEnd: { main: `${call('CALL', 'GAS', '0x0')} 0x21 0x0 0x0 RETURNDATACOPY`, other: '0x20 0x0 RETURN' },
  writeInAStaticCall: { main: `${call('STATICCALL', '0xffff')} 0x1 ADD 0x0 SSTORE`, other: '0x1 0x0 SSTORE' },
  valueWithNewAccount: { main: '0x0 0x0 0x0 0x0 0x1 0x999999 GAS CALL 0x0 0x0 0x0 0x0 0x1 0x999999 GAS CALL', valueWei: 1n },
  delegatecallKeepsCallerAndValue: { main: `${call('DELEGATECALL', 'GAS')} 0x0 SLOAD ${RETURN_TOP}`, other: 'CALLER CALLVALUE ADD 0x0 SSTORE', valueWei: 3n },
  recursionToItsEnd: { main: '0x0 SLOAD 0x1 ADD 0x0 SSTORE 0x0 0x0 0x0 0x0 0x0 ADDRESS GAS CALL', gas: [100_000n, 1_000_000n, 10_000_000n] },
  depthWithoutWork: { main: '0x0 0x0 0x0 0x0 ADDRESS GAS DELEGATECALL 0x1 0x0 SSTORE', gas: [10_000_000n] },
  creationAndItsNonce: { main: `${INIT} 0x0 MSTORE 0xa 0x16 0x0 CREATE 0xa 0x16 0x0 CREATE EXTCODESIZE ADD 0x0 SSTORE` },
  creationTwiceAtOnePlace: { main: `${INIT} 0x0 MSTORE 0x7 0xa 0x16 0x0 CREATE2 0x7 0xa 0x16 0x0 CREATE2 ISZERO 0x0 SSTORE POP` },
  creationThatReverts: { main: '0x60206000fd 0x0 MSTORE 0x5 0x1b 0x0 CREATE RETURNDATASIZE ADD 0x0 SSTORE' },
  codeThatBeginsWithEf: { main: '0x60ef60005360016000f3 0x0 MSTORE 0xa 0x16 0x0 CREATE 0x0 SSTORE' },
  selfdestructOfACreatedAccount: { main: '0x33ff 0x0 MSTORE 0x2 0x1e 0x1 CREATE BALANCE 0x0 SSTORE', valueWei: 5n },
  selfdestructOfAnOldAccount: { main: `${call('CALL', 'GAS', '0x1')} 0x2000 BALANCE 0x0 SSTORE`, other: '0x777777 SELFDESTRUCT', valueWei: 5n },
  callOfAddressZero: { main: '0x0 0x0 0x0 0x0 0x1 0x0 GAS CALL 0x0 0x0 0x0 0x0 0x0 GAS STATICCALL 0x0 BALANCE 0x0 SSTORE', valueWei: 1n },
  transientStorage: { main: `0x5 0x1 TSTORE ${call('CALL', 'GAS', '0x0')} POP 0x1 TLOAD 0x0 SSTORE`, other: '0x1 TLOAD 0x1 TSTORE 0x1 TLOAD 0x0 SSTORE 0x0 0x0 REVERT' },
  logsOfARevertedCall: { main: `0x1 0x20 0x0 LOG1 ${call('CALL', 'GAS', '0x0')} 0x4 0x3 0x2 0x1 0x5 0x0 LOG4`, other: '0x9 0x20 0x0 LOG1 0x0 0x0 REVERT' },
  memoryCopies: { main: '0x0102030405060708090a 0x0 MSTORE 0x20 0x10 0x18 MCOPY 0x100 0x0 0x200 MCOPY 0x20 MLOAD 0x0 SSTORE MSIZE 0x1 SSTORE' },
  hugeMemory: { main: '0x1 0xffffffffffff MSTORE', gas: [1_000_000n] },
  precompiles: {
    main: 'CALLDATASIZE 0x20 0x0 CALLDATACOPY 0x0 0x0 0x20 CALLDATASIZE SUB 0x40 0x0 CALLDATALOAD GAS STATICCALL 0x0 SSTORE RETURNDATASIZE 0x1 SSTORE RETURNDATASIZE 0x0 0x0 RETURNDATACOPY RETURNDATASIZE 0x0 RETURN',
    data: Array.from({ length: 10 }, (_, i) => `0x${(i + 1).toString(16).padStart(64, '0')}${`${'00'.repeat(31)}01`.repeat(6)}`)
  },
  modexp: {
    main: 'CALLDATASIZE 0x0 0x0 CALLDATACOPY 0x0 0x0 CALLDATASIZE 0x0 0x5 GAS STATICCALL 0x0 SSTORE RETURNDATASIZE 0x0 0x0 RETURNDATACOPY RETURNDATASIZE 0x0 RETURN',
    data: [[1, 1, 1, '030507'], [0, 40, 0, ''], [32, 32, 32, 'ff'.repeat(96)], [1, 40, 2, '03' + '01'.repeat(40) + '0fff']].map(
      ([base, exponent, modulus, rest]) => `0x${[base, exponent, modulus].map((size) => Number(size).toString(16).padStart(64, '0')).join('')}${rest}`)
  }
}

async function main (folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, program] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify({ [name]: await testOf(program) }, null, 1) + '\n')
  }
}

async function testOf ({ main, other = 'STOP', storage = {}, gas = [400_000n], data = ['0x'], valueWei = 0n }: Program): Promise<object> {
  const pre: FixtureState = {
    [SENDER]: { balance: '0xde0b6b3a7640000', nonce: '0x0', code: '0x', storage: {} },
    [MAIN]: { balance: '0x5', nonce: '0x1', code: bytesToHex(assemble(main)), storage },
    [OTHER]: { balance: '0x3', nonce: '0x1', code: bytesToHex(assemble(other)), storage: {} }
  }
  const posts = []
  for (const [gasIndex, gasLimit] of gas.entries()) {
    for (const [dataIndex, input] of data.entries()) posts.push({ ...await postOf(pre, gasLimit, input as Hex, valueWei), indexes: { data: dataIndex, gas: gasIndex, value: 0 } })
  }
  return { env: ENV, pre, transaction: { data, gasLimit: gas.map((limit) => `0x${limit.toString(16)}`), value: [`0x${valueWei.toString(16)}`] }, post: { Cancun: posts } }
}

async function postOf (pre: FixtureState, gasLimit: bigint, data: Hex, value: bigint): Promise<{ hash: Hex, txbytes: Hex }> {
  const common = cancun()
  const reference = await Reference.create(common, pre)
  const tx = createLegacyTx({ nonce: 0n, gasPrice: 10n, gasLimit, to: ethOf(MAIN), value, data }, { common }).sign(KEY)
  const header = {
    coinbase: ethOf(ENV.currentCoinbase), gasLimit: BigInt(ENV.currentGasLimit), number: 5n, timestamp: 1000n, baseFeePerGas: 7n, excessBlobGas: 0n, blobGasUsed: 0n,
    mixHash: ENV.currentRandom as Hex
  }
  const ran = await reference.run(tx, createBlock({ header }, { common, skipConsensusFormatValidation: true }))
  if ('refused' in ran) throw new Error(`the reference refuses a vector: ${ran.refused}`)
  return { hash: bytesToHex(await reference.stateManager.getStateRoot()), txbytes: bytesToHex(tx.serialize()) }
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: vectors.js <folder>')
await main(folder)
