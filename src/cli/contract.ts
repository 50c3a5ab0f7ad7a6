/** Compiled contracts as the commands take them, and what an ABI makes of returned bytes and logs. */
import { readFile } from 'node:fs/promises'
import type { Interface, InterfaceAbi } from 'ethers'
import { ThreadsError } from '../errors.js'
import type { Artifact } from '../chain/artifacts.js'

/** What is known of a contract; `creationCode` is empty where the file has none, or one that is not linked. */
export type CompiledContract = Pick<Artifact, 'name' | 'interface' | 'creationCode'>

/** A JSON file of any of the usual compilers, or the name of a contract of this project. @throws `CLI_BAD_ARTIFACT`. */
export async function readContract (source: string): Promise<CompiledContract> {
  if (/^[A-Za-z_$][\w$]*$/.test(source)) {
    const { loadArtifact } = await import('../chain/artifacts.js')
    try {
      return loadArtifact(source)
    } catch (cause) {
      throw new ThreadsError('CLI_BAD_ARTIFACT', `this project has no contract called ${source}; a file is given by its path, e.g. ./${source}.json`, { data: { path: source }, cause })
    }
  }
  const { Interface } = await import('ethers')
  const text = await readFile(source, 'utf8').catch((cause: unknown) => {
    throw new ThreadsError('CLI_BAD_ARTIFACT', `cannot read ${source}`, { data: { path: source }, cause })
  })
  try {
    const parsed = JSON.parse(text) as InterfaceAbi | { contractName?: unknown, abi?: InterfaceAbi, bytecode?: unknown, evm?: { bytecode?: { object?: unknown } } }
    // A bare ABI is an array; everything else an object around one.
    const artifact = Array.isArray(parsed) || typeof parsed === 'string' ? { abi: parsed as InterfaceAbi } : parsed as Exclude<typeof parsed, InterfaceAbi>
    const name = 'contractName' in artifact && typeof artifact.contractName === 'string' ? artifact.contractName : (source.split('/').at(-1) ?? source).replace(/\.json$/, '')
    return { name, interface: new Interface(artifact.abi ?? []), creationCode: 'bytecode' in artifact || 'evm' in artifact ? codeOf(artifact) : new Uint8Array() }
  } catch (cause) {
    throw new ThreadsError('CLI_BAD_ARTIFACT', `${source} is not a compiler's JSON`, { data: { path: source }, cause })
  }
}

/** Hardhat and this project: a string. Foundry: {object}. solc's own output: evm.bytecode.object without 0x. */
function codeOf ({ bytecode, evm }: { bytecode?: unknown, evm?: { bytecode?: { object?: unknown } } }): Uint8Array {
  const code = typeof bytecode === 'object' && bytecode !== null && 'object' in bytecode ? bytecode.object : bytecode ?? evm?.bytecode?.object
  const digits = typeof code === 'string' ? code.replace(/^0x/, '') : ''
  // What is not linked yet has names among its digits.
  return /^([0-9a-fA-F]{2})+$/.test(digits) ? Uint8Array.from(Buffer.from(digits, 'hex')) : new Uint8Array()
}

/** The signature of a function that is given by its name alone. @throws `CLI_BAD_ARGUMENT` when the ABI has none or several. */
export function signatureOf (abi: Interface, name: string): string {
  const found = abi.fragments.filter((fragment) => fragment.type === 'function' && 'name' in fragment && fragment.name === name)
  if (found.length === 1 && found[0] !== undefined) return found[0].format('full')
  throw new ThreadsError('CLI_BAD_ARGUMENT', `the ABI has ${found.length} functions called ${name}`, { data: { name } })
}

/** `CellTaken(4)` for what a reverted call returned; undefined when the ABI does not know it. */
export function describeError (abi: Interface, returnData: string): string | undefined {
  const parsed = returnData.length >= 10 ? abi.parseError(returnData) : null
  return parsed === null ? undefined : `${parsed.name}(${parsed.args.map(String).join(', ')})`
}

/** `Played(0x…, 4)` for each log that the ABI knows, the topics for the others. */
export function describeLogs (abi: Interface, logs: readonly { readonly topics: readonly string[], readonly data: string }[]): string[] {
  return logs.map((log) => {
    const parsed = abi.parseLog(log)
    return parsed === null ? log.topics.join(' ') : `${parsed.name}(${parsed.args.map(String).join(', ')})`
  })
}
