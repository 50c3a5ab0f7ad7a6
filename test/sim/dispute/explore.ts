/** Visits every state of the dispute model, breadth first, and checks in each step what must always hold. */
import { leastCharge, nameOf, tipName, type Rules } from './rules.js'
import { FALLING, firstWorld, isFalse, successors, toMove, type Bounds, type Successor, type World } from './world.js'

/** What was found. `violation`: the broken property, with a shortest way to it. */
export type Findings = { readonly states: number, readonly steps: number, readonly ends: number, readonly latest: number, readonly violation: string | undefined }

/** Explores a model; more states than `limit` are an error of its bounds. */
export function explore (bounds: Bounds, rules: Rules, limit = 400_000): Findings {
  const seen = new Map<string, number>()
  const cameFrom: number[] = []
  const labels: string[] = []
  let [steps, ends, latest] = [0, 0, 0]
  let frontier: [number, World][] = []
  const enter = (world: World, from: number, label: string, next: [number, World][]): void => {
    const key = JSON.stringify(world)
    if (seen.has(key)) return
    const id = seen.size
    seen.set(key, id)
    cameFrom.push(from)
    labels.push(label)
    next.push([id, world])
  }
  const path = (id: number): string => {
    const way: string[] = []
    for (let at = id; at > 0; at = cameFrom[at] ?? 0) way.push(labels[at] ?? '')
    return way.reverse().join('; ')
  }
  const found = (violation?: string): Findings => ({ states: seen.size, steps, ends, latest, violation })
  enter(firstWorld(bounds), 0, 'start', frontier)
  while (frontier.length > 0) {
    const next: [number, World][] = []
    for (const [id, world] of frontier) {
      for (const successor of successors(world, bounds, rules)) {
        steps++
        const broken = brokenBy(world, successor, bounds)
        if (broken !== undefined) return found(`${broken}: ${path(id)}; ${successor.label}`)
        if (successor.world.court.phase === 'settled') {
          ends++
          latest = Math.max(latest, world.now - world.opened)
        }
        enter(successor.world, id, successor.label, next)
      }
      if (seen.size > limit) return found(`more than ${limit} states`)
    }
    frontier = next
  }
  return found()
}

/** The property that a step breaks, in words. */
function brokenBy (before: World, successor: Successor, bounds: Bounds): string | undefined {
  return wrongStep(before, successor, bounds) ?? tooLong(successor.world, bounds) ?? (successor.world.court.phase === 'settled' ? wrongEnd(successor.world, bounds) : undefined)
}

/** What the court must never take. */
function wrongStep (before: World, { world, taken, byHonest }: Successor, { honest, terms, claims = false }: Bounds): string | undefined {
  const [was, is] = [before.court, world.court]
  if (was.phase === 'settled') return 'what was final is open again'
  if (was.signed !== undefined && (is.signed === undefined || is.signed.epoch < was.signed.epoch || (is.signed.epoch === was.signed.epoch && is.signed.nonce < was.signed.nonce))) return 'the recorded signed slot went down'
  if (is.dispute < was.dispute) return 'the number of the dispute went down'
  if (taken?.type === 'resume' && before.provisional?.alive !== true) return 'resumed with a certificate for what is gone'
  if (taken?.type === 'advance' && was.judging[taken.force.player]?.force !== nameOf(taken.force)) {
    if (taken.force.parent !== tipName(was) || taken.force.dispute !== was.dispute) return 'a Force was used for another state'
    if (before.now - taken.force.timestamp > terms.grace) return 'an old Force was used'
  }
  if (taken?.type === 'claim' && taken.byOracle === true && was.oracleRefuted) return 'an oracle that was refuted answers again'
  const most = Math.floor(terms.bank / leastCharge(terms))
  if (is.used.some((_, player) => is.lineage.filter(move => move.player === player).length > most)) return 'a flood of moves'
  // A claim can be refuted twice: its result, and then that what it really leaves cannot be settled.
  if (world.refutations > most * (terms.players - 1) * (claims ? 2 : 1)) return 'a flood of refutations'
  if ((is.used[honest] ?? 0) > terms.bank || (FALLING.has(taken?.type ?? 'settle') && is.used[honest] === terms.bank && was.used[honest] !== terms.bank)) return 'the honest player lost its bank'
  if (was.lineage.some(({ doubter }, place) => doubter === honest && is.lineage[place]?.proof === 'proved')) return 'the honest player paid for a doubt'
  if (taken?.type === 'drop' && was.lineage[taken.move]?.proof === 'proved') return 'a proved claim fell'
  // Each claim is doubted once, and each move upon the signed state takes c of somebody's bank.
  if (world.doubts > most * terms.players) return 'a flood of doubts'
  const own = (world: World): number => world.court.lineage.filter(({ player }) => player === honest).length
  const falls = FALLING.has(taken?.type ?? 'settle') || taken?.type === 'respond'
  if (taken?.type === 'respond' && before.now >= was.evidenceUntil && own(world) < own(before)) return "the honest player's move was undone after E"
  if (!falls && taken?.type !== 'resume' && is.phase === 'disputed' && is.lineage.length < was.lineage.length) return 'moves were lost'
  return byHonest === true && taken?.type === 'refute' && is.lineage.length === was.lineage.length + 1 ? 'a refutation added a move' : undefined
}

/** 2W for a player alone, 2W + nB whatever the others do, and W for each refutation, doubt and dropped claim after E. */
function tooLong ({ now, court, opened, refutations, doubts, touched }: World, { terms }: Bounds): string | undefined {
  if (court.phase !== 'disputed') return undefined
  const bound = opened + 2 * terms.window + (touched ? terms.players * terms.bank + (refutations + doubts) * terms.window : 0)
  if (court.endsAt > bound) return `it may last until ${court.endsAt - opened}, more than ${bound - opened}`
  return now > bound + 1 ? 'nobody settled it' : undefined
}

/** What the honest player must not end with. */
function wrongEnd ({ court, head }: World, bounds: Bounds): string | undefined {
  const { signed, lineage } = court
  // Where nothing is recorded, deposits go back: only right when the honest player has nothing to show.
  if (signed === undefined || signed.epoch < head.epoch || (signed.epoch === head.epoch && signed.nonce < head.nonce)) return "settled below the honest player's head"
  if (toMove(court, bounds) === bounds.honest) return 'settled while it was the honest player\'s move'
  if (lineage.some(({ proof }) => isFalse(proof))) return 'settled on a wrong claim'
  return lineage.at(-1)?.settles === false ? 'settled on a move that breaks settlement' : undefined
}
