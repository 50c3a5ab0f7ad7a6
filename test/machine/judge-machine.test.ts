/** What a saved machine is made of depends on where it is stopped, and on nothing else: not on the stops before. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { concatBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { LocalJudge } from '../../src/machine/judge.js'
import type { JudgePause, JudgeResult } from '../../src/machine/judge-answer.js'
import type { JudgeAccount, JudgeMessage } from '../../src/machine/judge-input.js'
import { createdBy } from '../../src/machine/matter.js'

const test = suite('saved machine')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
const SENDER = `0x${'00'.repeat(18)}aaaa` as Address
const MAIN = `0x${'00'.repeat(18)}1000` as Address
const NONE: Uint8Array = new Uint8Array()
const PLENTY = 1n << 40n

/** A jump that is not taken and one that is, each by PUSH2; then, where it is to, it is read once whether 0x60s before a JUMPDEST are PUSH1. */
const JUMPS = concatBytes(
  Uint8Array.of(0x60, 0, 0x61, 0, 0x10, 0x57), Uint8Array.of(0x61, 0, 0x10, 0x56), new Uint8Array(6), Uint8Array.of(0x5b, 0x61, 0, 0x91, 0x56),
  new Uint8Array(0x91 - 0x15).fill(0x60), Uint8Array.of(0x5b, 0x5f, 0x5f))
/** The same as init code inside init code. */
const SIZE = `0x${JUMPS.length.toString(16)}`
const OUTER = assemble(`${SIZE} 0x30 0x0 CODECOPY ${SIZE} 0x0 0x0 CREATE STOP`)
const NESTED = concatBytes(OUTER, new Uint8Array(0x30 - OUTER.length), JUMPS)

function creation (code: Uint8Array): JudgeMessage {
  const account = (address: Address, nonce: bigint): JudgeAccount => ({ address, balanceWei: 0n, nonce, codeHash: hash32(NONE), code: NONE, warm: true, hasStorage: false })
  return {
    kind: 'create', to: MAIN, caller: SENDER, valueWei: 0n, gas: 100_000n, data: code,
    environment: {
      origin: SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1n, number: 1n, prevRandao: `0x${'00'.repeat(32)}` as Hash32, gasLimit: 30_000_000n, chainId: 1n,
      baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: [account(SENDER, 2n), account(MAIN, 0n), account(createdBy(MAIN, 1n), 0n)], slots: []
  }
}

for (const [about, code] of [['init code', JUMPS], ['init code inside init code', NESTED]] as const) {
  test(`${about} with jumps, stopped before every opcode or once, is the same machine`, async () => {
    const message = creation(code)
    const { stepsLeft } = (await judge.start(message, PLENTY)).answer as JudgeResult
    const steps = PLENTY - stepsLeft
    assert.ok(steps > 8n, String(steps))
    let pause = (await judge.start(message, 1n)).answer as JudgePause
    for (let at = 2n; at < steps; at++) {
      pause = (await judge.resume(message, pause, 1n)).answer as JudgePause
      const atOnce = (await judge.start(message, at)).answer as JudgePause
      assert.is(pause.hash, atOnce.hash, `step ${at}`)
    }
  })
}

test.run()
