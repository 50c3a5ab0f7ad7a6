import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EVM, EVMMockBlockchain, NobleBN254 } from '@ethereumjs/evm'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account } from '@ethereumjs/util'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'
import { blockOf, createThreadEVM, ethAddress, type ThreadEVM } from '../../src/machine/environment.js'
import { interpreterLoop, runStock, runSynchronously } from '../../src/machine/interpreter.js'
import { Draft } from '../../src/state/draft.js'
import { deployer, Dice, randomCode } from './random-code.js'
import { batchOf, ETHER, PLAYERS, threadFor } from './thread.js'

const test = suite('interpreter loop')
const CODE_ADDRESS = `0x${'cc'.repeat(20)}` as Address
const { context } = threadFor(new Uint8Array(0))

/** Wraps every opcode's handler to note what the loop shows it: place, gas left, stack. */
function trace (evm: ThreadEVM): string[] {
  const steps: string[] = []
  type State = { programCounter: number, gasLeft: bigint, gasRefund: bigint, stack: { getStack (): bigint[] } }
  type Entry = { opcodeInfo: { name: string, isAsync: boolean }, opHandler: (state: State, common: unknown) => unknown }
  const map = Reflect.get(evm, '_opcodeMap') as Entry[]
  Reflect.set(evm, '_opcodeMap', map.map((entry) => ({
    ...entry,
    opHandler: (state: State, common: unknown) => {
      steps.push(`${entry.opcodeInfo.name} ${state.programCounter} ${state.gasLeft} ${state.gasRefund} ${state.stack.getStack().join()}`)
      return entry.opHandler(state, common)
    }
  })))
  return steps
}

async function run (code: Uint8Array, gasLimit: bigint, data: Uint8Array, choose: (evm: EVM) => void): Promise<{ steps: string[], end: string }> {
  const draft = new Draft()
  const evm = createThreadEVM(context, draft, {})
  choose(evm)
  const steps = trace(evm)
  draft.setAccount(PLAYERS[0], { ...draft.account(PLAYERS[0]), balanceWei: ETHER })
  draft.setAccount(CODE_ADDRESS, { ...draft.account(CODE_ADDRESS), nonce: 1n, balanceWei: 1000n })
  draft.setCode(CODE_ADDRESS, code)
  draft.endInput()
  const { execResult } = await evm.runCall({ caller: ethAddress(PLAYERS[0]), to: ethAddress(CODE_ADDRESS), gasLimit, data, value: 5n, block: blockOf(context, batchOf(3n, [])) })
  const end = [execResult.exceptionError?.error, execResult.executionGasUsed, execResult.gasRefund, bytesToHex(execResult.returnValue), execResult.logs?.length].join(' ')
  return { steps, end }
}

test('the fast loop is in use: the interpreter is the one that it was written for', () => {
  assert.is(interpreterLoop, 'synchronous')
})

test('random code takes the same steps, with the same gas and stack at each, on both loops', async () => {
  const dice = new Dice(5)
  let steps = 0
  for (let i = 0; i < 150; i++) {
    const code = dice.below(3) === 0 ? deployer(randomCode(dice, [CODE_ADDRESS, PLAYERS[1]])) : randomCode(dice, [CODE_ADDRESS, PLAYERS[1]])
    const gasLimit = dice.pick([300_000n, 30_000n, 3_000n])
    const data = dice.bytes(40)
    const fast = await run(code, gasLimit, data, runSynchronously)
    const stock = await run(code, gasLimit, data, runStock)
    assert.equal(fast, stock, bytesToHex(code))
    steps += stock.steps.length
  }
  assert.ok(steps > 2_000, `${steps} steps`)
})

test('an EVM that did not ask for the fast loop runs on the stock one', async () => {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun })
  const stateManager = new SimpleStateManager({ common })
  await stateManager.putAccount(ethAddress(CODE_ADDRESS), new Account(1n))
  const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254() })
  let stepsHeard = 0
  evm.events.on('step', () => { stepsHeard++ })
  await evm.runCode({ code: hexToBytes('0x600160020100'), gasLimit: 1000n })
  assert.is(stepsHeard, 4)
})

test('a step listener is heard on a fast EVM too', async () => {
  const evm = createThreadEVM(context, new Draft(), {})
  let stepsHeard = 0
  evm.events.on('step', () => { stepsHeard++ })
  await evm.runCode({ code: hexToBytes('0x600160020100'), gasLimit: 1000n })
  assert.is(stepsHeard, 4)
})

test.run()
