/** The same game as one would play it today: deploy the contract, and every move is a transaction. */
import { Contract, type InterfaceAbi } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { deployContract } from '../../src/chain/deploy.js'
import type { Arena } from '../arena.js'
import { outcomeOf, type Outcome } from './rules.js'
import type { StepOf } from './steps.js'
import { constructorArguments, STAKE_WEI } from './thread-game.js'

/** Accounts that play nowhere else, so that nobody's balance is disturbed. */
const ACCOUNTS = [3, 4] as const

/** Plays these moves on the arena's chain. @returns the receipts' gas, and how the contract says the game ended */
export async function playOnChain (arena: Arena, moves: readonly number[]): Promise<{ step: StepOf<'onchain'>, outcome: Outcome }> {
  const begun = performance.now()
  const artifact = loadArtifact('TicTacToe')
  const [x, o] = ACCOUNTS.map(account => arena.wallet(account))
  if (x === undefined || o === undefined) throw new Error('the chain has too few accounts')
  const { address, gasUsed: deployGas } = await deployContract(arena.deployer, artifact, constructorArguments(x.address, o.address))
  const games = [x, o].map(wallet => new Contract(address, artifact.interface as unknown as InterfaceAbi, wallet))
  const moveGas: number[] = []
  for (const [i, cell] of moves.entries()) {
    const sent = await games[i % 2]?.getFunction('play').send(cell, { value: i < 2 ? STAKE_WEI : 0n })
    const receipt = await sent?.wait()
    if (receipt?.status !== 1) throw new Error(`on the chain, move ${i + 1} failed`)
    moveGas.push(Number(receipt.gasUsed))
  }
  const cells = await games[0]?.getFunction('cells').staticCall() as readonly bigint[]
  const gasUsed = moveGas.reduce((sum, gas) => sum + gas, Number(deployGas))
  return {
    step: { step: 'onchain', deployGas: Number(deployGas), moveGas, gasUsed, transactions: moves.length + 1, ms: Math.round(performance.now() - begun) },
    outcome: outcomeOf(cells.map(Number))
  }
}
