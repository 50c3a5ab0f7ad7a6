/** How every scenario begins: a chain with the contracts on it, and two nodes. */
import type { Actor, Stage } from './stage.js'
import type { Seat, Step, Teller } from './steps.js'

/** A player's name, and how its node is started. */
export type Casting = { readonly name: string, readonly flags?: readonly string[], /** Of the node, where it is not the command line's. */ readonly entry?: string }

/** Starts the chain. @returns where the game's creation code lies */
export async function openChain (stage: Stage, teller: Teller, game = 'TicTacToe'): Promise<string> {
  teller.working('starting a chain and putting the contracts on it')
  const begun = performance.now()
  const { anvil, folder, court, deployGas } = await stage.open()
  const code = await stage.step(stage.arena.deployData(game))
  teller.tell({ step: 'chain', program: anvil.name, url: anvil.url, chainId: Number(anvil.chainId), pid: anvil.pid, folder, ms: Math.round(performance.now() - begun) })
  teller.tell({ step: 'contracts', game, court, courtGas: Number(deployGas), code: code.address, codeGas: Number(code.gasUsed) })
  return code.address
}

/** Starts two nodes, X's and O's. */
export async function openNodes (stage: Stage, teller: Teller, casting: readonly [Casting, Casting]): Promise<[Actor, Actor]> {
  teller.working('starting two nodes')
  const begun = performance.now()
  const start = async (seat: Seat): Promise<{ actor: Actor, step: Step }> => {
    const { name, flags, entry } = casting[seat]
    const actor = await stage.actor(name, seat + 1, flags, entry)
    const { player: { pid, wallet, sessionKey, multiaddrs, dataDir } } = actor
    const balance = await stage.step(stage.arena.balance(wallet))
    const ms = Math.round(performance.now() - begun)
    return { actor, step: { step: 'node', player: seat, name, pid: pid ?? 0, wallet, sessionKey, address: multiaddrs[0] ?? '', dataDir, balanceWei: balance.toString(), ms } }
  }
  const [x, o] = await Promise.all([start(0), start(1)])
  teller.tell(x.step)
  teller.tell(o.step)
  return [x.actor, o.actor]
}
