/** Compiles one contract with a fault in it, quickly: few optimiser steps, so the code is larger and means the same. */
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type { Hex } from '../../src/protocol/types.js'
import type { Sources } from './mutant.js'

/** What of scripts/contracts.mjs is needed. */
export type Compiler = { readSources (): Promise<Sources>, withImports (path: string, sources: Sources): Sources, readonly SETTINGS: object, readonly LED_ON: Readonly<Record<string, { readonly path: string, readonly name: string }>>, readonly OWN_SETTINGS: Readonly<Record<string, { readonly viaIR: boolean }>> }

/** An artifact as scripts/contracts.mjs writes it. */
export type Compiled = { readonly abi: unknown[], readonly bytecode: Hex, readonly deployedBytecode: Hex }

type Output = {
  readonly errors?: readonly { readonly severity: string, readonly formattedMessage: string }[]
  readonly contracts?: Record<string, Record<string, { abi: unknown[], evm: { bytecode: { object: string }, deployedBytecode: { object: string }, methodIdentifiers: object }, storageLayout: unknown }>>
}

/** Steps with which the court compiles in a third of the time; with none it does not compile at all (stack too deep). */
const STEPS = 'dhfoDgvulfnTUtnIf:fDnTOcmu'

/** The compiler of scripts/, from where this file runs. */
export async function loadCompiler (): Promise<Compiler> {
  return await import(new URL('../../../scripts/contracts.mjs', import.meta.url).href) as Compiler
}

/** The artifact of the contract that `path` is named after. @throws Error when it does not compile; warnings do not count */
export function compileQuickly (path: string, sources: Sources, { withImports, SETTINGS, OWN_SETTINGS, LED_ON }: Compiler): Compiled {
  const solc = createRequire(import.meta.url)('solc') as { compile (input: string): string }
  const own = OWN_SETTINGS[path]
  const contractName = basename(path, '.sol')
  const calls = LED_ON[contractName]
  const quick = { ...SETTINGS, optimizer: { enabled: true, runs: 200, details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: STEPS } } } }
  const settings = {
    // What the legacy code generator compiles is quick as it is, and does not compile otherwise.
    ...own?.viaIR === false ? own : quick,
    outputSelection: { '*': { '*': ['abi'] }, [path]: { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.methodIdentifiers', 'storageLayout'] } }
  }
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources: { ...withImports(path, sources), ...calls === undefined ? {} : withImports(calls.path, sources) }, settings }))) as Output
  const fault = output.errors?.find(({ severity }) => severity === 'error')
  if (fault !== undefined) throw new Error(fault.formattedMessage)
  const contract = output.contracts?.[path]?.[contractName]
  if (contract === undefined) throw new Error(`no contract ${contractName} in ${path}`)
  const { abi, evm, storageLayout } = contract
  const led = calls === undefined ? [] : output.contracts?.[calls.path]?.[calls.name]?.abi ?? []
  const made = { contractName, abi: [...abi, ...led], bytecode: `0x${evm.bytecode.object}` as Hex, deployedBytecode: `0x${evm.deployedBytecode.object}` as Hex, methodIdentifiers: evm.methodIdentifiers, storageLayout }
  return made
}

