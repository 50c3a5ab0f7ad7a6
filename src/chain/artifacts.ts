/** Compiled contracts, found from this module's own place (dist/src/chain): the one file that knows where they lie. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Interface, type InterfaceAbi } from 'ethers'
import { ThreadsError } from '../errors.js'
import { hexToBytes } from '../protocol/bytes.js'
import type { Hex } from '../protocol/types.js'

/** One compiled contract. */
export type Artifact = {
  readonly name: string
  readonly interface: Interface
  /** Creation code without arguments; empty for an interface. */
  readonly creationCode: Uint8Array
  /** Runtime code as compiled (immutable variables still zero). */
  readonly runtimeCode: Uint8Array
}

/** @throws `ARTIFACT_MISSING` when no such contract has been compiled, or its file is damaged */
export function loadArtifact (name: string): Artifact {
  const path = fileURLToPath(new URL(`../../artifacts/${name}.json`, import.meta.url))
  try {
    const { abi, bytecode, deployedBytecode } = JSON.parse(readFileSync(path, 'utf8')) as { abi: InterfaceAbi, bytecode: Hex, deployedBytecode: Hex }
    return { name, interface: new Interface(abi), creationCode: hexToBytes(bytecode), runtimeCode: hexToBytes(deployedBytecode) }
  } catch (cause) {
    throw new ThreadsError('ARTIFACT_MISSING', `the compiled contract ${name} cannot be read; build the project first`, { data: { name }, cause })
  }
}

/** The functions, events and errors of the court's both halves, which have one address. @throws `ARTIFACT_MISSING` */
export function courtInterface (): Interface {
  return new Interface([...loadArtifact('IThreads').interface.fragments, ...loadArtifact('IClaims').interface.fragments, ...loadArtifact('IClaimCalls').interface.fragments])
}
