/**
 * The rules of a dispute (§8 of the specification) as one pure function, to be read beside it: `apply(court, action, now, terms)` is what the
 * court becomes, or the name of the error with which the contract refuses. No hashes, no money and no EVM: a breakpoint is known by a name
 * that holds its whole history, and whoever asks for a move says what the judge would find.
 *
 * The model explores it (`explore.ts`), and the contract's tests compare the contract with it.
 */

/** What the terms say of disputes. Times are in seconds, or in whatever unit a model counts. */
export type DisputeTerms = {
  readonly players: number
  /** W. */
  readonly window: number
  /** B. */
  readonly bank: number
  /** M. */
  readonly moves: number
  /** How old a move's TIMESTAMP may be: W/16, at least 1. */
  readonly grace: number
}

/** A forced move in the lineage above the recorded certificate. */
export type Move = {
  readonly player: number
  /** T. */
  readonly timestamp: number
  /** What it cost the player's bank. */
  readonly charge: number
  /** Its own name, made of everything before it. */
  readonly name: string
  /** Whether the settlement function succeeds on what it leaves. */
  readonly settles: boolean
  /** Executed by the judge at once, or claimed: rightly, wrongly, of an input that is no move at all, or of what no judgement can hold; and proved since then. */
  readonly proof: 'judged' | 'right claim' | 'wrong claim' | 'no move' | 'unjudgeable' | 'proved'
  /** Who wants to see the claim proved (-1: no player); undefined: nobody. */
  readonly doubter?: number | undefined
  /** Whether the oracle answers for the claim, and not the mover itself. */
  readonly byOracle: boolean
}

/** What the court knows of one thread. */
export type CourtState = {
  readonly phase: 'active' | 'disputed' | 'settled'
  /** The confirmed epoch. */
  readonly confirmed: number
  /** k. */
  readonly dispute: number
  /** The recorded certificate; undefined while nothing is recorded. */
  readonly signed: Certificate | undefined
  /** The moves forced since. */
  readonly lineage: readonly Move[]
  /** E and D; 0 without a dispute. */
  readonly evidenceUntil: number
  readonly endsAt: number
  /** What is gone of each player's time bank. */
  readonly used: readonly number[]
  /** Whether the oracle has been refuted. */
  readonly oracleRefuted: boolean
  /** The judgement that each player has under way. */
  readonly judging: readonly (Judgement | undefined)[]
  /** How far a refutation of several transactions has come, for whoever goes on with it. */
  readonly trying?: { readonly name: string, readonly done: number } | undefined
  /** How far a claim's proof of several transactions has come. */
  readonly proving?: { readonly name: string, readonly done: number } | undefined
}

/** A breakpoint that everybody signed. */
export type Certificate = { readonly epoch: number, readonly nonce: number, readonly name: string, readonly timestamp: number, /** Its parent's name. */ readonly parent?: string }

/** What a session key signs to force one input. */
export type Force = { readonly player: number, readonly dispute: number, /** The recorded breakpoint's name. */ readonly parent: string, readonly input: string, readonly timestamp: number }

/** A judgement that one transaction could not finish. `left`: how many more it takes; `credit`: time that its beginning has paid for. */
export type Judgement = { readonly force: string, readonly left: number, readonly credit: number }

/** A call to the court, with what the judge would find. */
export type Action =
  | { readonly type: 'checkpoint', readonly certificate: Certificate }
  | { readonly type: 'challenge', readonly certificate?: Certificate }
  | { readonly type: 'respond', readonly certificate: Certificate }
  | { readonly type: 'resume', readonly certificate: Certificate }
  | { readonly type: 'advance', readonly force: Force, /** Who sends it. */ readonly by: number, /** How many it takes in all. */ readonly transactions: number, readonly reverts?: boolean, readonly settles?: boolean }
  | Claim
  | { readonly type: 'refute', /** Place in the lineage. */ readonly move: number, /** How many it takes in all (default 1). */ readonly transactions?: number, /** Only a stop of its own is recorded, of use to nobody. */ readonly poor?: boolean }
  | { readonly type: 'doubt', readonly move: number, /** Who sends it. */ readonly by: number }
  /** The judge executes a claim, and agrees with it or not. */
  | { readonly type: 'judge', readonly move: number, /** How many it takes in all (default 1). */ readonly transactions?: number }
  | { readonly type: 'drop', readonly move: number }
  | { readonly type: 'settle' }

/** A move whose result is claimed. `reverts`: the input is no move, so that no result can be right; `huge`: no transactions can hold its judgement. */
export type Claim = {
  readonly type: 'claim', readonly force: Force, /** Who sends it. */ readonly by: number, readonly right: boolean, readonly reverts?: boolean, readonly settles?: boolean, readonly huge?: boolean,
  /** Whether the oracle answers, and not the mover. */
  readonly byOracle?: boolean
}

/** Names of the contract's errors. */
export type Refusal =
  | 'WrongPhase' | 'WrongEpoch' | 'StaleSlot' | 'WrongNonce' | 'WrongParent' | 'EvidenceOver' | 'DisputeOver' | 'DisputeOpen' | 'NothingRecorded'
  | 'WrongTimestamp' | 'BankEmpty' | 'MoveReverts' | 'MoveStands' | 'TooManyClaims' | 'OracleRefuted' | 'NotOpener' | 'NoClaim' | 'ClaimProved' | 'AlreadyDoubted' | 'NotDoubted' | 'DoubtOpen' | 'NotJudgeable'

/** The rules one by one, so that a mutant can break each of them alone. */
export type Rules = {
  /** Until when a certificate of the confirmed epoch counts. */
  evidenceCounts (court: CourtState, now: number): boolean
  /** Whether a certificate is above what is recorded. */
  isAbove (court: CourtState, certificate: Certificate): boolean
  /** The number of a dispute after what was disputed has changed. */
  nextDispute (court: CourtState, because: 'challenge' | 'evidence' | 'refutation'): number
  /** D after something happened. */
  endAfter (court: CourtState, now: number, terms: DisputeTerms, because: 'move' | 'refutation' | 'judging' | 'trying' | 'doubt' | 'proof'): number
  /** E and D after new evidence. */
  windowAfterEvidence (court: CourtState, now: number, terms: DisputeTerms): { evidenceUntil: number, endsAt: number }
  /** What a move, or one more transaction of its judgement, costs its player. */
  chargeOf (court: CourtState, now: number, terms: DisputeTerms, begun: Judgement | undefined): number
  /** The banks after new evidence. */
  banksAfterEvidence (court: CourtState): readonly number[]
  /** The banks after a refutation that drops `dropped`; the first of them was wrong, or broke settlement. */
  banksAfterRefutation (court: CourtState, dropped: readonly Move[], terms: DisputeTerms): readonly number[]
  /** Whether a Force is for what stands. */
  isFor (court: CourtState, force: Force): boolean
  /** Whether T is a time at which this move may be made. */
  isTimely (court: CourtState, force: Force, now: number, terms: DisputeTerms): boolean
  /** Whether a certificate follows what stands. */
  follows (court: CourtState, certificate: Certificate): boolean
  /** Whether the dispute is still open for moves. */
  isOpen (court: CourtState, now: number): boolean
  /** Whether a judgement that was begun is this move's. */
  continues (judgement: Judgement, force: Force): boolean
  /** Whether who sends a claim may make it for its player. */
  mayBring (claim: Claim): boolean
  /** Whether the oracle may still answer for moves. */
  mayAnswer (court: CourtState): boolean
  /** Whether a claim at this place can be refuted. */
  isRefutable (court: CourtState, place: number): boolean
  /** Whether a claim can be doubted that was doubted before. */
  mayDoubtAgain: boolean
  /** Whether a doubted claim falls already. */
  isDue (court: CourtState, now: number): boolean
  /** Whether a proved claim can still be doubted, and fall. */
  mayFallProved: boolean
  /** When it can be settled. */
  isRipe (court: CourtState, now: number): boolean
  /** Whether a doubt that nobody met stands in the way of a settlement. */
  waitsForDoubts: boolean
  /** Whether there may be a new challenge. */
  mayChallenge (court: CourtState): boolean
}

/** Claims that a lineage may hold, proved ones too. */
export const MOST_CLAIMS = 16

/** The least that a move costs: so that there are at most B / c of them. */
export function leastCharge ({ bank, moves }: DisputeTerms): number {
  return Math.max(1, Math.floor(bank / moves))
}

/** The rules as they are. */
export const REAL: Rules = {
  evidenceCounts: (court, now) => now < court.evidenceUntil,
  // The recorded *signed* slot: forced moves do not raise what evidence must be above.
  isAbove: (court, { nonce }) => court.signed === undefined || nonce > court.signed.nonce,
  nextDispute: court => court.dispute + 1,
  // The settlement's judgement is anybody's and free: if each of its transactions were an event, a dispute would never end.
  // A claim's proof changes nothing for anybody, so it is no event either; a doubt of it is one, once.
  endAfter: (court, now, { window }, because) => because === 'trying' || because === 'proof' ? court.endsAt : Math.max(court.endsAt, now + window),
  windowAfterEvidence: ({ evidenceUntil, endsAt }) => ({ evidenceUntil, endsAt }),
  // INVARIANT: D - W is the later of E and the last event: each rule that moves D keeps it so. Hence D rises by no more than is charged.
  // A judgement costs what the move would have cost at its end, so it takes no more than c where all its transactions are within c.
  chargeOf: (court, now, terms, begun) => begun === undefined ? Math.max(leastCharge(terms), elapsed(court, now, terms)) : Math.max(0, elapsed(court, now, terms) - begun.credit),
  banksAfterEvidence: ({ used }) => used.map(() => 0),
  // Who moved upon what was wrong has paid for it. Given back, the same time could be used twice; and nobody honest moves upon what is wrong.
  banksAfterRefutation: ({ used }, [wrong], { bank }) => used.map((time, player) => player === wrong?.player ? bank : time),
  isFor: (court, force) => force.dispute === court.dispute && force.parent === tipName(court),
  isTimely: (court, { timestamp }, now, { grace }) => {
    const parent = tipTimestamp(court)
    return timestamp >= Math.max(parent, now - grace) && timestamp <= Math.max(parent, now)
  },
  follows: (court, { parent }) => parent === tipName(court),
  isOpen: (court, now) => now < court.endsAt,
  continues: (judgement, force) => judgement.force === nameOf(force),
  // A wrong claim costs its mover the bank, so it must be the mover's own doing: an oracle that lies has the Force too.
  mayBring: ({ by, force }) => by === force.player,
  mayAnswer: ({ oracleRefuted }) => !oracleRefuted,
  isRefutable: () => true,
  mayDoubtAgain: false,
  // A window after the doubt at least; and while nothing is settled, everything can still be shown.
  isDue: (court, now) => now >= court.endsAt,
  mayFallProved: false,
  isRipe: (court, now) => now >= court.endsAt,
  waitsForDoubts: true,
  mayChallenge: ({ phase }) => phase === 'active'
}

/** A thread in which everybody has joined. */
export function newCourt ({ players }: DisputeTerms): CourtState {
  const none = Array.from({ length: players }, () => undefined)
  return { phase: 'active', confirmed: 0, dispute: 0, signed: undefined, lineage: [], evidenceUntil: 0, endsAt: 0, used: none.map(() => 0), oracleRefuted: false, judging: none }
}

/** Time since the last event, or since E. */
function elapsed ({ endsAt }: CourtState, now: number, { window }: DisputeTerms): number {
  return Math.max(0, now - (endsAt - window))
}

/** The recorded breakpoint's name, which stands for its hash; undefined while nothing is recorded. */
export function tipName ({ lineage, signed }: CourtState): string | undefined {
  return lineage.at(-1)?.name ?? signed?.name
}

/** The recorded breakpoint's nonce. */
export function tipNonce ({ lineage, signed }: CourtState): number {
  return (signed?.nonce ?? -1) + lineage.length
}

function tipTimestamp ({ lineage, signed }: CourtState): number {
  return lineage.at(-1)?.timestamp ?? signed?.timestamp ?? 0
}

/** A Force's name, which stands for its hash. */
export function nameOf ({ player, dispute, parent, input, timestamp }: Force): string {
  return `${parent}>${player}:${input}@${timestamp}#${dispute}`
}

/** What becomes of the court, or why it refuses. */
export function apply (court: CourtState, action: Action, now: number, terms: DisputeTerms, rules: Rules = REAL): CourtState | Refusal {
  switch (action.type) {
    case 'checkpoint': return court.phase !== 'active' ? 'WrongPhase' : record(court, action.certificate, rules)
    case 'challenge': return challenge(court, action.certificate, now, terms, rules)
    case 'respond': return respond(court, action.certificate, now, terms, rules)
    case 'resume': return resume(court, action.certificate, now, rules)
    case 'advance': return advance(court, action, now, terms, rules)
    case 'claim': return claim(court, action, now, terms, rules)
    case 'refute': return refute(court, action, now, terms, rules)
    case 'doubt': return doubt(court, action, now, terms, rules)
    case 'judge': return judge(court, action, now, terms, rules)
    case 'drop': return drop(court, action, now, terms, rules)
    case 'settle': return settle(court, now, rules)
  }
}

/** 1. A certificate of the confirmed epoch above the recorded signed slot replaces it, and every move since. */
function record (court: CourtState, certificate: Certificate, rules: Rules): CourtState | Refusal {
  if (certificate.epoch !== court.confirmed) return 'WrongEpoch'
  if (!rules.isAbove(court, certificate)) return 'StaleSlot'
  return { ...court, signed: certificate, lineage: [], oracleRefuted: false, judging: court.judging.map(() => undefined) }
}

/** 2. Opens dispute k with full banks; E is a window away, D two. */
function challenge (court: CourtState, certificate: Certificate | undefined, now: number, { players, window }: DisputeTerms, rules: Rules): CourtState | Refusal {
  if (!rules.mayChallenge(court)) return 'WrongPhase'
  const recorded = certificate === undefined ? court : record(court, certificate, rules)
  if (typeof recorded === 'string') return recorded
  const used = Array.from({ length: players }, () => 0)
  return { ...recorded, phase: 'disputed', dispute: rules.nextDispute(court, 'challenge'), evidenceUntil: now + window, endsAt: now + 2 * window, used, oracleRefuted: false }
}

/** 2. Evidence before E fills the banks again; the window stays. */
function respond (court: CourtState, certificate: Certificate, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.evidenceCounts(court, now)) return 'EvidenceOver'
  const recorded = record(court, certificate, rules)
  if (typeof recorded === 'string') return recorded
  return { ...recorded, dispute: rules.nextDispute(court, 'evidence'), used: rules.banksAfterEvidence(court), ...rules.windowAfterEvidence(court, now, terms) }
}

/** 6. The players go on together from what stands; epoch k is the confirmed one. */
function resume (court: CourtState, certificate: Certificate, now: number, rules: Rules): CourtState | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.isOpen(court, now)) return 'DisputeOver'
  if (certificate.epoch !== court.dispute) return 'WrongEpoch'
  if (certificate.nonce !== tipNonce(court) + 1) return 'WrongNonce'
  if (!rules.follows(court, certificate)) return 'WrongParent'
  return {
    ...court, phase: 'active', confirmed: court.dispute, signed: certificate, lineage: [], evidenceUntil: 0, endsAt: 0, oracleRefuted: false, judging: court.judging.map(() => undefined)
  }
}

/** 3. What every forced move must be: for what stands, of its time, and paid for out of its player's bank. */
function paid (court: CourtState, force: Force, now: number, terms: DisputeTerms, rules: Rules): { charge: number, begun: Judgement | undefined } | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.isOpen(court, now)) return 'DisputeOver'
  if (court.signed === undefined) return 'NothingRecorded'
  if (force.dispute !== court.dispute && !rules.isFor(court, force)) return 'WrongEpoch'
  if (!rules.isFor(court, force)) return 'WrongParent'
  const judgement = court.judging[force.player]
  const begun = judgement !== undefined && rules.continues(judgement, force) ? judgement : undefined
  // A judgement that is under way was begun in time.
  if (begun === undefined && !rules.isTimely(court, force, now, terms)) return 'WrongTimestamp'
  const charge = rules.chargeOf(court, now, terms, begun)
  if ((court.used[force.player] ?? 0) + charge > terms.bank) return 'BankEmpty'
  return { charge, begun }
}

/** 3 to 5. A move that is proved: by one transaction, or by the last of several, each of which is an event on its player's clock. */
function advance (court: CourtState, action: Action & { type: 'advance' }, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  const { force, transactions, reverts = false, settles = true } = action
  const found = paid(court, force, now, terms, rules)
  if (typeof found === 'string') return found
  // What was begun is carried on, or done at once: never begun again, for each beginning is charged.
  const left = Math.min(found.begun?.left ?? transactions, transactions) - 1
  if (left === 0 && reverts) return 'MoveReverts'
  const used = court.used.map((time, player) => player === force.player ? time + found.charge : time)
  if (left > 0) {
    // Who relays a whole move, or the last of it, makes it for its player; who could begin a long one for it, or set its pace, could spend its bank.
    if (action.by !== force.player) return 'NotOpener'
    const credit = Math.max(0, (found.begun?.credit ?? leastCharge(terms)) - elapsed(court, now, terms))
    const judging = court.judging.map((judgement, player) => player === force.player ? { force: nameOf(force), left, credit } : judgement)
    return { ...court, used, judging, endsAt: rules.endAfter(court, now, terms, 'judging') }
  }
  return withMove({ ...court, used, endsAt: rules.endAfter(court, now, terms, 'move') }, { force, charge: found.charge, proof: 'judged', byOracle: false, settles })
}

/** 4. A move whose result somebody answers for: always one that is new, whatever its player has begun. */
function claim (court: CourtState, action: Claim, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  const { force, right, reverts = false, settles = true, byOracle = false, huge = false } = action
  const found = paid({ ...court, judging: court.judging.map(() => undefined) }, force, now, terms, rules)
  if (typeof found === 'string' && found !== 'WrongTimestamp' && found !== 'BankEmpty') return found
  if (!rules.mayBring(action)) return 'NotOpener'
  if (typeof found === 'string') return found
  if (court.lineage.filter(({ proof }) => proof !== 'judged').length >= MOST_CLAIMS) return 'TooManyClaims'
  if (byOracle && !rules.mayAnswer(court)) return 'OracleRefuted'
  const used = court.used.map((time, player) => player === force.player ? time + found.charge : time)
  const proof = huge ? 'unjudgeable' : reverts ? 'no move' : right ? 'right claim' : 'wrong claim'
  return withMove({ ...court, used, endsAt: rules.endAfter(court, now, terms, 'move') }, { force, charge: found.charge, proof, byOracle, settles })
}

/** Judgements of other moves from what stood before can come to nothing: they are dropped. */
function withMove (court: CourtState, { force, charge, proof, byOracle, settles }: Pick<Move, 'charge' | 'proof' | 'byOracle' | 'settles'> & { readonly force: Force }): CourtState {
  const { player, timestamp } = force
  const name = `${nameOf(force)}${isRightOrJudged(proof) ? '' : '!'}`
  return { ...court, lineage: [...court.lineage, { player, timestamp, charge, name, settles, proof, byOracle }], judging: court.judging.map(() => undefined) }
}

function isRightOrJudged (proof: Move['proof']): boolean {
  return proof === 'judged' || proof === 'right claim' || proof === 'proved'
}

/**
 * 4. A wrong claim gives way to what the judge finds; a claim of what is no move, and a last move that breaks settlement, to what stood before. What followed
 * is dropped, and its player's bank is gone. (A move in the middle that breaks settlement is nobody's business: what stands can be settled.)
 */
function refute (court: CourtState, { move: place, transactions = 1, poor = false }: Action & { type: 'refute' }, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.isOpen(court, now)) return 'DisputeOver'
  const move = court.lineage[place]
  if (move === undefined) return 'MoveStands'
  const name = tipName(court) ?? ''
  const done = (court.trying?.name === name ? court.trying.done : 0) + (poor ? 0 : 1)
  if (done < transactions && place === court.lineage.length - 1) return { ...court, trying: { name, done }, endsAt: rules.endAfter(court, now, terms, 'trying') }
  const isWrong = move.proof === 'wrong claim'
  const isNone = move.proof === 'no move'
  const breaks = place === court.lineage.length - 1 && !move.settles
  if (!isWrong && !isNone && !breaks) return 'MoveStands'
  if (!rules.isRefutable(court, place)) return 'MoveStands'
  return fallen(court, place, isWrong ? { ...move, proof: 'judged', byOracle: false, doubter: undefined, name: `${move.name.slice(0, -1)}?` } : undefined, now, terms, rules)
}

/** A move is taken back, with what stands on it; `instead` is what the judge has found in its place. */
function fallen (court: CourtState, place: number, instead: Move | undefined, now: number, terms: DisputeTerms, rules: Rules): CourtState {
  const move = court.lineage[place]
  return {
    ...court,
    lineage: [...court.lineage.slice(0, place), ...(instead === undefined ? [] : [instead])],
    dispute: rules.nextDispute(court, 'refutation'),
    used: rules.banksAfterRefutation(court, court.lineage.slice(place), terms),
    // For what the judge has agreed with the oracle answers no more.
    oracleRefuted: court.oracleRefuted || (move?.byOracle === true && move.proof !== 'proved'),
    endsAt: rules.endAfter(court, now, terms, 'refutation'),
    judging: court.judging.map(() => undefined),
    proving: undefined
  }
}

/** 4. Somebody wants to see a claim proved: there is a window for that. */
function doubt (court: CourtState, { move: place, by }: Action & { type: 'doubt' }, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  const move = claimAt(court, place, now, rules)
  if (typeof move === 'string') return move
  if (move.doubter !== undefined && !rules.mayDoubtAgain) return 'AlreadyDoubted'
  return { ...withClaimAt(court, place, { ...move, doubter: by }), endsAt: rules.endAfter(court, now, terms, 'doubt') }
}

/** 4. The judge executes a claim: what is right is proved, and no doubt stands against it any more. */
function judge (court: CourtState, { move: place, transactions = 1 }: Action & { type: 'judge' }, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  const move = claimAt(court, place, now, rules)
  if (typeof move === 'string') return move
  if (move.proof === 'unjudgeable') return 'NotJudgeable'
  if (move.proof !== 'right claim') return refute(court, { type: 'refute', move: place }, now, terms, rules)
  const done = (court.proving?.name === move.name ? court.proving.done : 0) + 1
  if (done < transactions) return { ...court, proving: { name: move.name, done } }
  const proving = court.proving?.name === move.name ? undefined : court.proving
  return { ...withClaimAt(court, place, { ...move, proof: 'proved', doubter: undefined }), proving, endsAt: rules.endAfter(court, now, terms, 'proof') }
}

/** 4. At D, before anything is settled: a doubted claim that nobody has proved falls as if it had been refuted. */
function drop (court: CourtState, { move: place }: Action & { type: 'drop' }, now: number, terms: DisputeTerms, rules: Rules): CourtState | Refusal {
  const move = court.phase === 'disputed' ? court.lineage[place] : undefined
  if (move?.doubter === undefined) return 'NotDoubted'
  return rules.isDue(court, now) ? fallen(court, place, undefined, now, terms, rules) : 'DisputeOpen'
}

/** An unproven claim that stands, while the dispute is open. */
function claimAt (court: CourtState, place: number, now: number, rules: Rules): Move | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.isOpen(court, now)) return 'DisputeOver'
  const move = court.lineage[place]
  if (move === undefined || move.proof === 'judged') return 'NoClaim'
  return move.proof === 'proved' && !rules.mayFallProved ? 'ClaimProved' : move
}

function withClaimAt (court: CourtState, place: number, move: Move): CourtState {
  return { ...court, lineage: court.lineage.map((was, i) => i === place ? move : was) }
}

/** 7. At D or later, what stands is the end. */
function settle (court: CourtState, now: number, rules: Rules): CourtState | Refusal {
  if (court.phase !== 'disputed') return 'WrongPhase'
  if (!rules.isRipe(court, now)) return 'DisputeOpen'
  if (rules.waitsForDoubts && court.lineage.some(({ doubter }) => doubter !== undefined)) return 'DoubtOpen'
  return { ...court, phase: 'settled' }
}
