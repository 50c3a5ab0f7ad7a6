/** Contracts that nobody here wrote, unchanged in a thread; and the one precompile that needs a library of its own. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToBigint, hexToBytes } from '../../src/protocol/bytes.js'
import { Machine } from '../../src/machine/machine.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { abi, batchOf, ETHER, PLAYERS, threadFor } from './thread.js'

const test = suite('contracts from elsewhere')

/** OpenZeppelin's ERC20 is abstract: this is the least that makes it a token. */
const TOKEN = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Token is ERC20 {
    constructor(string memory name, string memory symbol, uint256 supply) ERC20(name, symbol) { _mint(msg.sender, supply); }
}`

type Solc = { compile (input: string, options: { import: (path: string) => { contents: string } }): string }

async function compileToken (): Promise<Uint8Array> {
  const require = createRequire(import.meta.url)
  const { readFileSync } = await import('node:fs')
  const solc = require('solc') as Solc
  const settings = { optimizer: { enabled: true }, evmVersion: 'cancun', outputSelection: { '*': { Token: ['evm.bytecode.object'] } } }
  const input = { language: 'Solidity', sources: { 'Token.sol': { content: TOKEN } }, settings }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: readFileSync(require.resolve(path), 'utf8') }) })) as
    { contracts: { 'Token.sol': { Token: { evm: { bytecode: { object: string } } } } } }
  return hexToBytes(`0x${output.contracts['Token.sol'].Token.evm.bytecode.object}`)
}

test('OpenZeppelin\'s ERC20 is constructed, transfers, and says why it will not', async () => {
  const code = await compileToken()
  const ctorArg = abi('0x', ['string', 'string', 'uint256'], ['Thread token', 'THR', 1000n])
  const { context, input } = threadFor(code, { ctorArg })
  const { machine, receipt } = await Machine.genesis(context, code)
  assert.is(receipt.logs.length, 1)
  const transfer = (to: Address, amount: bigint): Uint8Array => abi('0xa9059cbb', ['address', 'uint256'], [to, amount])
  const prepared = await machine.prepare(batchOf(1n, [
    input(0, { nonce: 1n, to: machine.contract, data: transfer(PLAYERS[1], 300n) }),
    input(1, { nonce: 1n, to: machine.contract, data: transfer(PLAYERS[0], 301n) })
  ]))
  // 0xe450d38c: ERC20InsufficientBalance(address,uint256,uint256)
  assert.equal(prepared.receipts.map(({ success, reason }) => [success, reason]), [[true, undefined], [false, 'reverted with custom error 0xe450d38c']])
  machine.commit(prepared)
  const balance = async (of: Address): Promise<bigint> => bytesToBigint((await machine.call({ from: of, to: machine.contract, data: abi('0x70a08231', ['address'], [of]) }, batchOf(2n, []))).returnData)
  assert.equal([await balance(PLAYERS[0]), await balance(PLAYERS[1])], [700n, 300n])
})

test('OpenZeppelin\'s VestingWallet, as its package ships it compiled, pays out what has vested', async () => {
  const require = createRequire(import.meta.url)
  const { bytecode } = JSON.parse(await readFile(require.resolve('@openzeppelin/contracts/build/contracts/VestingWallet.json'), 'utf8')) as { bytecode: Hex }
  const code = hexToBytes(bytecode)
  // Half of its time has passed at slot 2: batchOf counts seconds from 1,700,000,000.
  const ctorArg = abi('0x', ['address', 'uint64', 'uint64'], [PLAYERS[1], 1_700_000_000n, 4n])
  const { context, input } = threadFor(code, { ctorArg })
  const { machine } = await Machine.genesis(context, code)
  machine.commit(await machine.prepare(batchOf(1n, [input(0, { nonce: 1n, to: machine.contract, valueWei: ETHER })])))
  const release = await machine.prepare(batchOf(2n, [input(0, { nonce: 2n, to: machine.contract, data: abi('0x86d1a69f') })]))
  assert.is(release.receipts[0]?.reason, undefined)
  machine.commit(release)
  assert.is(machine.account(PLAYERS[1]).balanceWei, 10n * ETHER + ETHER / 2n)
  assert.is(machine.leftover(), ETHER / 2n)
})

test('the KZG precompile accepts a valid proof and refuses a bent one', async () => {
  const code = hexToBytes('0x00')
  const { context } = threadFor(code, { codeKind: 1 })
  const { machine } = await Machine.genesis(context, code)
  // A point of a blob under the mainnet ceremony: go-ethereum's vector for this precompile.
  const valid = hexToBytes(`0x${[
    '01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b', '564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306',
    '24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1', '8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2',
    '5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253', 'fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a'].join('')}`)
  const ask = async (data: Uint8Array): Promise<bigint> => {
    const { success, returnData } = await machine.call({ from: PLAYERS[0], to: `0x${'0a'.padStart(40, '0')}` as Address, data, gasLimit: 200_000n }, batchOf(1n, []))
    assert.is(success, returnData.length > 0)
    return success ? bytesToBigint(returnData.subarray(0, 32)) : 0n
  }
  assert.is(await ask(valid), 4096n)
  for (const at of [40, 95, 191]) assert.is(await ask(valid.map((byte, i) => i === at ? byte ^ 1 : byte)), 0n)
})

test.run()
