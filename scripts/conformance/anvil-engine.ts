/**
 * The interpreter in anvil's EVM: a third one, in native code, so that many seeds can be run, and neither side of the comparison is the one that the
 * reference runs in.
 */
import { Agent, request } from 'node:http'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'
import type { JudgeEngine } from '../../src/machine/judge.js'
import { startAnvil } from '../anvil.js'

type Answer = { result?: Hex, error?: { code: number, message: string, data?: Hex } }

/** A chain on which interpreters are called and nothing is mined. */
export type Engines = {
  /** An engine for this runtime code, which is put at an address of its own. It does not measure: `gasUsed` is 0. */
  readonly engineOf: (code: Uint8Array) => Promise<JudgeEngine>
  readonly stop: () => Promise<void>
}

const GAS = '0x1000000000000'
/** JSON-RPC's code of a call that reverted. */
const REVERTED = 3

/** Starts the chain: a host of the judge's own fork, because later ones bound MODEXP's input (EIP-7823), which tests exceed and threads do not. @throws Error as {@link startAnvil} */
export async function startEngines (): Promise<Engines> {
  const anvil = await startAnvil({ args: ['--hardfork', 'cancun', '--no-mining', '--gas-limit', '72057594037927935', '--memory-limit', String(1 << 28)] })
  const agent = new Agent({ keepAlive: true })
  let engines = 0
  return {
    async engineOf (code) {
      const place = `0x5e${(++engines).toString(16).padStart(38, '0')}`
      await ask(agent, anvil.port, 'anvil_setCode', [place, bytesToHex(code)])
      return async (input) => {
        const { result, error } = await ask(agent, anvil.port, 'eth_call', [{ to: place, data: bytesToHex(input), gas: GAS }, 'latest'])
        if (result !== undefined) return { reverted: false, output: hexToBytes(result), gasUsed: 0n }
        if (error?.code !== REVERTED || error.data === undefined) throw new Error(`the interpreter itself failed: ${error?.message}`)
        return { reverted: true, output: hexToBytes(error.data), gasUsed: 0n }
      }
    },
    async stop () {
      agent.destroy()
      await anvil.stop()
    }
  }
}

async function ask (agent: Agent, port: number, method: string, params: readonly unknown[]): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request({ agent, host: '127.0.0.1', port, method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
      response.on('end', () => { try { resolve(JSON.parse(Buffer.concat(parts).toString()) as Answer) } catch (error) { reject(error as Error) } })
    })
    asked.on('error', reject)
    asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  })
}
