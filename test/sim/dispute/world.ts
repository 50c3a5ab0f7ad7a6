/**
 * The world of the dispute model: the court, one honest player, all others in the hands of one adversary, and time that passes in ticks.
 *
 * Within a tick the adversary acts as often as the court lets it, before and after the honest player's transaction, which was made from what stood when
 * the tick began (a tick is what a transaction takes). The game is played in turns: who is to move when it is settled was late and loses, so
 * the honest player must come to every one of its moves, and not one certificate that it holds may be undercut.
 */
import { apply, newCourt, REAL, tipName, tipNonce, type Action, type Certificate, type CourtState, type DisputeTerms, type Force, type Move, type Rules } from './rules.js'

/** How far a model goes. */
export type Bounds = {
  readonly terms: DisputeTerms
  /** The honest player; all others are the adversary's. */
  readonly honest: number
  /** The nonce of its head, and of the highest certificate that the others have. */
  readonly head: number
  readonly withheld: number
  /** The game's last nonce: nobody moves after it. */
  readonly last: number
  /** Transactions that proving a move takes. */
  readonly transactions?: number
  /** Whether moves may also be claimed. */
  readonly claims?: boolean
  /** Whether what is no move may be claimed too. */
  readonly none?: boolean
  /** Whether the oracle answers for them, and not the movers. */
  readonly oracle?: boolean
  /** Whether claims may be doubted, and be of what no judgement can hold. */
  readonly doubts?: boolean
  /** Whether the honest player claims its moves, too, and in how many transactions it can prove one. */
  readonly proofs?: number
  /** Whether moves may break settlement, and judgements be begun for inputs that revert. */
  readonly broken?: boolean
  /** Transactions that judging a settlement takes; the adversary may begin one on anything. */
  readonly trials?: number
  /** How often the players go on together. */
  readonly resumes?: number
  /** Whether the adversary does nothing at all. */
  readonly passive?: boolean
}

/** One state of everything. */
export type World = {
  readonly now: number
  readonly court: CourtState
  /** What the adversary can show. The honest player holds its head and what it has seen recorded. */
  readonly certificates: readonly Certificate[]
  readonly head: Certificate
  /** What it signed in the dispute's epoch and has not seen confirmed; dead for good once what it follows is gone. */
  readonly provisional: { readonly certificate: Certificate, readonly alive: boolean } | undefined
  /** The last Force that it signed. */
  readonly force: Force | undefined
  /** Its transaction, which is mined within this tick. */
  readonly pending: Action | undefined
  /** When the dispute was opened, how often a move was refuted or dropped since E, and whether the others did anything. */
  readonly opened: number
  readonly refutations: number
  /** How often something was doubted since E. */
  readonly doubts: number
  readonly touched: boolean
  readonly resumes: number
  /** Certificates signed after a resumption, at most one. */
  readonly extra: number
}

/** What can happen next. */
export type Successor = { readonly label: string, readonly world: World, /** What the court took, and from whom. */ readonly taken?: Action, readonly byHonest?: boolean }

const WHOLE: Required<Omit<Bounds, 'terms' | 'honest' | 'head' | 'withheld' | 'last'>> = { transactions: 1, claims: false, none: false, oracle: false, doubts: false, proofs: 0, broken: false, trials: 1, resumes: 0, passive: false }

/** Who opens the dispute, and over what, is what happens first. */
export function firstWorld (bounds: Bounds): World {
  const certificates = Array.from({ length: bounds.withheld + 1 }, (_, nonce) => certificate(0, nonce))
  return {
    now: 0, court: newCourt(bounds.terms), certificates, head: certificate(0, bounds.head), provisional: undefined, force: undefined, pending: undefined,
    opened: 0, refutations: 0, doubts: 0, touched: false, resumes: bounds.resumes ?? 0, extra: 0
  }
}

function certificate (epoch: number, nonce: number, parent?: string): Certificate {
  return { epoch, nonce, name: `c${epoch}.${nonce}`, timestamp: 0, ...(parent === undefined ? {} : { parent }) }
}

/** Whether a claim must not stand: what nobody can prove must not either, whatever it is. */
export function isFalse (proof: Move['proof']): boolean {
  return proof === 'wrong claim' || proof === 'no move' || proof === 'unjudgeable'
}

/** Whose move it is on what stands; undefined when the game is over, or nothing is recorded. */
export function toMove (court: CourtState, { terms, last }: Bounds): number | undefined {
  return court.signed === undefined || tipNonce(court) >= last ? undefined : tipNonce(court) % terms.players
}

/** Everything that can happen next. */
export function successors (world: World, bounds: Bounds, rules: Rules = REAL): Successor[] {
  const found: Successor[] = []
  const take = (label: string, action: Action, byHonest: boolean): void => {
    const after = withOutcome(action, world.court, bounds)
    const court = apply(world.court, after, world.now, bounds.terms, rules)
    if (typeof court === 'string') {
      if (byHonest) found.push({ label: `${label}: ${court}`, world: { ...world, pending: undefined } })
      return
    }
    found.push({ label: `${world.now}: ${label}`, world: seen({ ...world, court, pending: byHonest ? undefined : world.pending }, world, after, byHonest), taken: after, byHonest })
  }
  if (world.court.phase === 'settled') return found
  if (world.pending !== undefined) take(`honest ${describe(world.pending)}`, world.pending, true)
  if (world.court.phase === 'active') {
    take('honest challenge', { type: 'challenge', ...(isHigher(world.head, world.court.signed) ? { certificate: world.head } : {}) }, true)
  }
  for (const action of bounds.passive === true && world.court.phase === 'disputed' ? [] : hostile(world, bounds)) take(describe(action), action, false)
  found.push(...agreements(world, bounds), ...tick(world, bounds))
  return found
}

/** What the judge finds is not for whoever asks to say. */
function withOutcome (action: Action, court: CourtState, bounds: Bounds): Action {
  if (action.type === 'advance') return { ...action, reverts: toMove(court, bounds) !== action.force.player }
  return action.type === 'claim' ? { ...action, reverts: toMove(court, bounds) !== action.force.player } : action
}

/** Time passes once the honest player's transaction is mined. It then looks, and sends what it wants. */
function tick (world: World, bounds: Bounds): Successor[] {
  if (world.court.phase !== 'disputed' || world.pending !== undefined) return []
  const now = world.now + 1
  const pending = wish({ ...world, now }, bounds)
  return [{ label: 'tick', world: { ...world, now, pending, force: pending?.type === 'advance' ? pending.force : world.force } }]
}

/** What the honest player does about what it sees. */
function wish ({ now, court, head }: World, { honest, terms, transactions = 1, trials = 1, proofs = 0, last }: Bounds): Action | undefined {
  const doubted = court.lineage.findIndex(({ doubter }) => doubter !== undefined)
  if (now >= court.endsAt) return doubted < 0 ? { type: 'settle' } : { type: 'drop', move: doubted }
  if (head.epoch === court.confirmed && isHigher(head, court.signed) && now < court.evidenceUntil) return { type: 'respond', certificate: head }
  const wrong = court.lineage.findIndex(({ proof, settles }, place) => isFalse(proof) || (!settles && place === court.lineage.length - 1))
  const first = court.lineage[wrong]
  if (first !== undefined && first.proof !== 'unjudgeable') return { type: 'refute', move: wrong, transactions: trials }
  if (first !== undefined && first.doubter === undefined) return { type: 'doubt', move: wrong, by: honest }
  const right = court.lineage.findIndex(({ proof, doubter }, place) => proof === 'right claim' && doubter !== undefined && (wrong < 0 || place < wrong))
  const proof: Action | undefined = right < 0 ? undefined : { type: 'judge', move: right, transactions: proofs }
  // What it doubts is nothing to move upon.
  if (first !== undefined) return proof
  const parent = tipName(court)
  if (parent === undefined || toMove(court, { terms, last, honest, head: 0, withheld: 0 }) !== honest) return proof
  // Its own move first: that moves D, and the proof has until then.
  if (proofs > 0) return court.used[honest] === terms.bank ? proof : { type: 'claim', force: { player: honest, dispute: court.dispute, parent, input: 'h', timestamp: now }, by: honest, right: true }
  const begun = court.judging[honest]
  const timestamp = begun === undefined ? now : Number(/@(\d+)#/.exec(begun.force.slice(parent.length))?.[1])
  if (proof !== undefined && court.used[honest] === terms.bank) return proof
  return { type: 'advance', force: { player: honest, dispute: court.dispute, parent, input: 'h', timestamp }, by: honest, transactions }
}

function isHigher (one: Certificate, other: Certificate | undefined): boolean {
  return other === undefined || one.epoch > other.epoch || (one.epoch === other.epoch && one.nonce > other.nonce)
}

/** All that the adversary might try. */
function hostile (world: World, bounds: Bounds): Action[] {
  const { court, certificates, provisional, force, now } = world
  const { terms, honest, transactions, claims, none, oracle, broken, trials, doubts } = { ...WHOLE, ...bounds }
  const actions: Action[] = [{ type: 'settle' }, { type: 'challenge' }]
  for (const certificate of certificates) actions.push({ type: 'challenge', certificate }, { type: 'respond', certificate }, { type: 'checkpoint', certificate })
  if (provisional !== undefined) actions.push({ type: 'resume', certificate: provisional.certificate })
  for (let move = 0; move < court.lineage.length; move++) actions.push({ type: 'refute', move, transactions: trials }, ...(trials > 1 ? [{ type: 'refute', move, transactions: trials, poor: true } as const] : []))
  if (doubts) for (let move = 0; move < court.lineage.length; move++) actions.push({ type: 'doubt', move, by: -1 }, { type: 'judge', move }, { type: 'drop', move })
  const parent = tipName(court)
  if (parent === undefined) return actions
  for (const old of force === undefined ? [] : [force]) actions.push({ type: 'advance', force: old, by: honest === 0 ? 1 : 0, transactions })
  // The honest player's Force, for a result that it never claimed.
  for (const old of force === undefined || !claims ? [] : [force]) actions.push({ type: 'claim', force: old, by: honest === 0 ? 1 : 0, right: false, byOracle: oracle })
  for (let player = 0; player < terms.players; player++) {
    if (player === honest) continue
    // Out of turn only where it can do something: begin what cannot end well.
    if (toMove(court, bounds) !== player && none) actions.push({ type: 'claim', force: { player, dispute: court.dispute, parent, input: 'm', timestamp: now }, by: player, right: false, byOracle: oracle })
    if (toMove(court, bounds) !== player && !(broken && transactions > 1)) continue
    const begun = court.judging[player]
    const timestamp = begun === undefined ? now : Number(/@(\d+)#/.exec(begun.force.slice(parent.length))?.[1])
    const own: Force = { player, dispute: court.dispute, parent, input: 'm', timestamp }
    if (begun === undefined && now > terms.grace) actions.push({ type: 'advance', force: { ...own, timestamp: now - terms.grace - 1 }, by: player, transactions })
    for (const settles of broken ? [true, false] : [true]) {
      actions.push({ type: 'advance', force: own, by: player, transactions, settles })
      if (claims) for (const right of [true, false]) actions.push({ type: 'claim', force: own, by: player, right, settles, byOracle: oracle })
      if (doubts) actions.push({ type: 'claim', force: own, by: player, right: true, settles, byOracle: oracle, huge: true })
    }
  }
  return actions
}

/** The honest player signs something more: the first breakpoint of the dispute's epoch, or, after it was confirmed, the next. */
function agreements (world: World, bounds: Bounds): Successor[] {
  const { court, provisional, now, head } = world
  const parent = tipName(court)
  if (parent === undefined) return []
  if (court.phase === 'active') {
    if (world.extra > 0 || court.confirmed === 0 || court.signed === undefined || isHigher(head, court.signed)) return []
    const next = certificate(court.confirmed, court.signed.nonce + 1)
    return [{ label: 'honest signs', world: { ...world, extra: 1, certificates: [...world.certificates, next] } }]
  }
  const next = certificate(court.dispute, tipNonce(court) + 1, parent)
  const sound = court.lineage.every(({ proof, settles }) => !isFalse(proof) && settles)
  const already = provisional?.certificate.name === next.name
  if (world.resumes === 0 || already || !sound || now >= court.endsAt || isHigher(head, court.signed) || tipNonce(court) >= bounds.last) return []
  return [{ label: 'honest signs in the dispute', world: { ...world, resumes: world.resumes - 1, provisional: { certificate: next, alive: true } } }]
}

/** What can take a move back. */
export const FALLING: ReadonlySet<Action['type']> = new Set(['refute', 'judge', 'drop'])

/** What everybody sees of what the court took. */
function seen (world: World, before: World, action: Action, byHonest: boolean): World {
  const { court } = world
  const { provisional } = before
  const resumed = action.type === 'resume'
  const gone = provisional !== undefined && (court.dispute !== provisional.certificate.epoch || tipName(court) !== provisional.certificate.parent)
  const opens = action.type === 'challenge' && before.court.phase === 'active'
  return {
    ...world,
    head: court.signed !== undefined && isHigher(court.signed, world.head) ? court.signed : world.head,
    certificates: resumed ? [...world.certificates, action.certificate] : world.certificates,
    provisional: provisional === undefined || resumed ? undefined : { ...provisional, alive: provisional.alive && !gone },
    opened: opens ? world.now : world.opened,
    refutations: opens ? 0 : world.refutations + (FALLING.has(action.type) && court.dispute !== before.court.dispute && world.now >= court.evidenceUntil ? 1 : 0),
    doubts: opens ? 0 : world.doubts + (action.type === 'doubt' && world.now >= court.evidenceUntil ? 1 : 0),
    touched: opens ? false : world.touched || !byHonest
  }
}

function describe (action: Action): string {
  switch (action.type) {
    case 'advance': return `${action.force.player} moves${action.settles === false ? ' and breaks settlement' : ''}`
    case 'claim': return `${action.force.player} claims ${action.huge === true ? 'what cannot be judged' : action.right ? 'rightly' : 'wrongly'}${action.settles === false ? ' what breaks settlement' : ''}`
    case 'refute': case 'doubt': case 'judge': case 'drop': return `${action.type} ${action.move}`
    case 'settle': return 'settle'
    default: return `${action.type} ${action.certificate?.name ?? ''}`
  }
}
