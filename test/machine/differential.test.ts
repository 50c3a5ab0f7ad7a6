/** The machine against `vm.runTx` of @ethereumjs/vm on a Merkle-Patricia state: seeded transactions, equal in everything that can be seen. */
import { createBlock } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { createTxFromRLP } from '@ethereumjs/tx'
import { Account, Address as EthAddress } from '@ethereumjs/util'
import { createVM, runTx, type VM } from '@ethereumjs/vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asHash32, bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { threadChainId } from '../../src/protocol/terms.js'
import type { Address, Hash32, Input } from '../../src/protocol/types.js'
import { Machine, type Batch, type InputReceipt, type MachineContext, type StateChanges } from '../../src/machine/machine.js'
import { verifyPointEvaluation } from '../../src/machine/kzg.js'
import { leftPad, stripZeros } from '../../src/state/changes.js'
import { addressOf } from '../../src/protocol/crypto.js'
import { deployer, Dice, randomCode } from './random-code.js'
import { batchOf, ETHER, ORACLE, PLAYERS, threadFor, ticTacToe, word, WALLETS, type TestThread } from './thread.js'

const test = suite('machine against vm.runTx')
// Wallets are their own session keys: runTx takes the signer as the sender.
const STRANGER = `0x${'aa'.repeat(20)}` as Address
const sessionKeys = WALLETS.map(addressOf)

class Reference {
  readonly context: MachineContext
  readonly vm: VM
  readonly common: Common
  readonly stateManager: MerkleStateManager

  constructor (context: MachineContext, vm: VM, common: Common, stateManager: MerkleStateManager) {
    this.context = context
    this.stateManager = stateManager
    this.vm = vm
    this.common = common
  }

  static async from (context: MachineContext, genesis: StateChanges): Promise<Reference> {
    const common = new Common({ chain: { ...Mainnet, chainId: Number(threadChainId(context.thread)) }, hardfork: Hardfork.Cancun, customCrypto: { kzg: verifyPointEvaluation } })
    const stateManager = new MerkleStateManager({ common })
    const vm = await createVM({ common, stateManager })
    const code = new Map(genesis.code.map((entry) => [entry.hash, entry.code]))
    for (const { address, nonce, balanceWei, codeHash } of genesis.accounts) {
      await stateManager.putAccount(ethOf(address), new Account(nonce, balanceWei))
      const bytes = code.get(codeHash)
      if (bytes !== undefined) await stateManager.putCode(ethOf(address), bytes)
    }
    for (const { address, slot, value } of genesis.storage) await stateManager.putStorage(ethOf(address), hexToBytes(slot), stripZeros(hexToBytes(value)))
    return new Reference(context, vm, common, stateManager)
  }

  /** What runTx says of one input; undefined when it refuses it. */
  async run (input: Input, batch: Batch): Promise<Omit<InputReceipt, 'id' | 'player' | 'reason'> | undefined> {
    const { terms } = this.context
    const header = {
      number: batch.nonce, timestamp: batch.timestampSec, coinbase: ethOf(terms.oracle), gasLimit: terms.gasLimit, baseFeePerGas: 0n,
      mixHash: hexToBytes(batch.parent), excessBlobGas: 0n, blobGasUsed: 0n
    }
    const block = createBlock({ header }, { common: this.common, skipConsensusFormatValidation: true })
    const result = await runTx(this.vm, { tx: createTxFromRLP(input.raw, { common: this.common }), block }).catch((error: Error) => {
      if (/nonce|funds|INTRINSIC_GAS|gas limit|initcode/i.test(error.message)) return undefined
      throw error
    })
    if (result === undefined) return undefined
    const success = result.execResult.exceptionError === undefined
    return {
      success,
      returnData: result.execResult.returnValue,
      gasUsed: result.totalGasSpent,
      logs: result.receipt.logs.map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics: topics.map(asHash32), data })),
      created: success && result.createdAddress !== undefined ? result.createdAddress.toString() as Address : undefined
    }
  }

  async assertSameState (machine: Machine, seen: Map<Address, Set<Hash32>>): Promise<void> {
    for (const [address, slots] of seen) {
      const account = await this.vm.stateManager.getAccount(ethOf(address))
      const own = machine.account(address)
      assert.equal(
        [own.nonce, own.balanceWei, own.codeHash],
        account === undefined ? [0n, 0n, machine.account(`0x${'99'.repeat(20)}` as Address).codeHash] : [account.nonce, account.balance, asHash32(account.codeHash)], address)
      assert.equal(machine.code(address), await this.vm.stateManager.getCode(ethOf(address)))
      for (const slot of slots) {
        const value = account === undefined ? new Uint8Array(0) : await this.vm.stateManager.getStorage(ethOf(address), hexToBytes(slot))
        assert.is(machine.storageAt(address, slot), asHash32(leftPad(value)), `${address} ${slot}`)
      }
      // Nothing else is stored there either.
      const stored = account === undefined ? 0 : Object.keys(await this.stateManager.dumpStorage(ethOf(address))).length
      assert.is([...slots].filter((slot) => machine.storageAt(address, slot) !== ZERO_HASH).length, stored)
    }
  }
}

function ethOf (address: Address): EthAddress {
  return new EthAddress(hexToBytes(address))
}

function note (seen: Map<Address, Set<Hash32>>, changes: StateChanges): void {
  for (const { address } of changes.accounts) if (!seen.has(address)) seen.set(address, new Set([0, 1, 2, 3, 4, 5, 6, 7].map((slot) => word(BigInt(slot)))))
  for (const { address, slot } of changes.storage) {
    if (!seen.has(address)) seen.set(address, new Set())
    seen.get(address)?.add(slot)
  }
}

/** Runs the inputs, each made from the machine's state at that moment, in batches of one to three, and compares. */
async function compare (thread: TestThread, next: (machine: Machine, nonces: [bigint, bigint], created: Address[]) => Input, count: number): Promise<{ successes: number, failures: number, skipped: number }> {
  const { machine, changes } = await Machine.genesis(thread.context, thread.code)
  const reference = await Reference.from(thread.context, changes)
  const seen = new Map<Address, Set<Hash32>>()
  const created: Address[] = []
  const tally = { successes: 0, failures: 0, skipped: 0 }
  note(seen, changes)
  seen.set(STRANGER, new Set())
  for (let done = 0, slot = 1n; done < count; slot++) {
    const nonces: [bigint, bigint] = [machine.nonceOf(0), machine.nonceOf(1)]
    const inputs = Array.from({ length: 1 + Number(slot % 3n) }, () => {
      const input = next(machine, nonces, created)
      if (input.tx.nonce === nonces[input.player]) nonces[input.player as 0 | 1]++
      return input
    })
    done += inputs.length
    const batch = batchOf(slot, inputs)
    const prepared = await machine.prepare(batch)
    for (const input of inputs) {
      const expected = await reference.run(input, batch)
      const receipt = prepared.receipts.find(({ id }) => id === input.id)
      if (receipt === undefined || expected === undefined) {
        assert.is(receipt, expected)
        tally.skipped++
        continue
      }
      const { id: _id, player: _player, reason: _reason, ...own } = receipt
      assert.equal(own, expected, `${input.id} ${receipt.reason}`)
      if (own.success) tally.successes++
      else tally.failures++
      if (own.created !== undefined) created.push(own.created)
    }
    machine.commit(prepared)
    note(seen, prepared.changes)
    await reference.assertSameState(machine, seen)
  }
  return tally
}

test('forty moves of TicTacToe, legal and not, are equal to runTx', async () => {
  const thread = await ticTacToe({ sessionKeys })
  const dice = new Dice(1)
  const { successes, failures } = await compare(thread, (machine, nonces) => {
    const player = dice.pick([0, 1] as const)
    return thread.walletInput(player, {
      type: dice.below(3), nonce: Number(nonces[player]), to: machine.contract, gasLimit: dice.pick([500_000, 60_000, 30_000]), value: dice.pick([ETHER, ETHER, 0n]),
      data: bytesToHex(thread.play(dice.below(10)))
    })
  }, 40)
  assert.ok(successes > 2 && failures > 5)
})

for (const seed of [11, 12, 13]) {
  test(`random bytecode (seed ${seed}): creations, calls, reverts, out of gas, access lists and self-destructs are equal to runTx`, async () => {
    const dice = new Dice(seed)
    // Runtime code that runs its calldata as init code and calls what came of it: a factory.
    const factory = hexToBytes('0x365f5f37365f34f0805f5f5f5f5f9461fffff1505f5260205ff3')
    const thread = threadFor(factory, { codeKind: 1, sessionKeys, oracle: dice.pick([ORACLE, PLAYERS[1]]) })
    const tally = await compare(thread, (machine, nonces, created) => {
      const player = dice.pick([0, 1] as const)
      const addresses = [machine.contract, ...PLAYERS, ORACLE, STRANGER, ...created.slice(-6)]
      const runtime = randomCode(dice, addresses)
      const creates = dice.below(5) < 2 || created.length === 0
      const toFactory = !creates && dice.below(4) === 0
      const data = creates || toFactory ? dice.pick([deployer(runtime), deployer(runtime), runtime]) : dice.bytes(dice.below(70))
      const type = dice.below(3)
      return thread.walletInput(player, {
        type,
        nonce: Number(nonces[player]) + (dice.below(20) === 0 ? 1 : 0),
        to: creates ? null : toFactory ? machine.contract : dice.pick([...created.slice(-6), ...addresses]),
        gasLimit: dice.pick([2_000_000, 2_000_000, 400_000, 400_000, 120_000, 70_000, 25_000]),
        value: dice.below(15) === 0 ? 100n * ETHER : dice.pick([0n, 0n, 3n, 1000n]),
        data: bytesToHex(data),
        ...type === 2 ? { maxFeePerGas: dice.below(5), maxPriorityFeePerGas: 0 } : { gasPrice: dice.below(3) },
        ...type === 0 || dice.below(2) === 0 ? {} : { accessList: [{ address: dice.pick(addresses), storageKeys: [ZERO_HASH, word(3n)] }] }
      })
    }, 100)
    assert.ok(tally.successes > 20 && tally.failures > 5 && tally.skipped > 2, JSON.stringify(tally))
  })
}

test('every precompile, with empty and with random input, is equal to runTx', async () => {
  const dice = new Dice(21)
  const thread = threadFor(concatBytes(Uint8Array.of(0)), { codeKind: 1, sessionKeys })
  let precompile = 0
  await compare(thread, (_machine, nonces) => {
    precompile = precompile % 11 + 1
    const to = `0x${precompile.toString(16).padStart(40, '0')}`
    // Random lengths for MODEXP would ask for gigabytes and run out of gas: that is the case to compare.
    return thread.walletInput(0, { type: 0, nonce: Number(nonces[0]), to, gasLimit: 300_000, gasPrice: 0, data: bytesToHex(dice.bytes(dice.pick([0, 32, 96, 128, 192, 213]))) })
  }, 33)
})

test.run()
