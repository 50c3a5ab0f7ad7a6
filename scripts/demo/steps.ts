/**
 * What the demo tells, as data: one step after the other. `--json` prints these lines; the story is made of them too, so that both say the same.
 * Names of fields say the unit, as everywhere: `Wei`, `Ms`; gas is gas, `bytes` are those on the wire.
 */

/** A player in the order of the terms: 0 is X and opens, 1 is O. */
export type Seat = 0 | 1

/** A player, or the thread's oracle: 2. */
export type Who = Seat | 2

/** A transaction on the chain. */
type OnChain = { readonly gasUsed: number, readonly transaction: string, readonly block: number }

type Deposited = { readonly player: Seat, readonly name: string, readonly thread: string, readonly depositWei: string, readonly ms: number } & OnChain

/** One step. */
export type Step =
  | { readonly step: 'chain', readonly program: 'anvil' | 'geth', readonly url: string, readonly chainId: number, readonly pid: number, readonly folder: string, readonly ms: number }
  | { readonly step: 'contracts', /** The contract's name. */ readonly game: string, readonly court: string, readonly courtGas: number, readonly code: string, readonly codeGas: number }
  | {
    readonly step: 'node', readonly player: Seat, readonly name: string, readonly pid: number, readonly wallet: string, readonly sessionKey: string,
    readonly address: string, readonly dataDir: string, readonly balanceWei: string, readonly ms: number
  }
  | ({ readonly step: 'open' } & Deposited)
  | ({ readonly step: 'join' } & Deposited)
  /** An oracle's node, its bond, what it takes for a thread and for each result, and what of its bond answers for one claim. */
  | {
    readonly step: 'oracle', readonly name: string, readonly pid: number, readonly wallet: string, readonly bondWei: string, readonly feeWei: string, readonly resultFeeWei: string,
    readonly perClaimWei: string, readonly gasUsed: number
  }
  /** It has accepted the thread, and set so much of its bond aside for it. */
  | { readonly step: 'accepted', readonly name: string, readonly pledgedWei: string }
  /** Breakpoint 0: the state that the constructor left. */
  | { readonly step: 'start', readonly slot: number, readonly signedBy: readonly string[], readonly ms: number, readonly bytes: number }
  | {
    readonly step: 'move', readonly number: number, readonly player: Seat, readonly name: string, readonly cell: number, readonly valueWei: string,
    readonly slot: number, readonly moveSignedBy: string, readonly resultSignedBy: readonly string[],
    /** From the call to the answer that everybody has signed, with both journals on disk. */
    readonly ms: number,
    /** Of it, the part that the mover's node counts as agreeing: from the first signature to the last. */
    readonly signingMs: number,
    readonly bytes: number, readonly gasUsed: 0,
    /** As the other player's node has it. */
    readonly cells: readonly number[]
  }
  | ({ readonly step: 'close', readonly calledOff: boolean, readonly signedBy: readonly string[], readonly sentBy: string, readonly payoutsWei: readonly string[], readonly ms: number } & OnChain)
  | DisputeStep
  | ReceiptStep
  | { readonly step: 'balances', readonly players: readonly Account[], readonly courtWei: string }
  /** The same game without a thread. */
  | { readonly step: 'onchain', readonly deployGas: number, readonly moveGas: readonly number[], readonly gasUsed: number, readonly transactions: number, readonly ms: number }
  | {
    readonly step: 'result', readonly scenario: string, readonly ok: boolean, readonly problems: readonly string[], readonly outcome: 'x' | 'o' | 'draw' | 'open', readonly winner: string | null,
    readonly stakeWei: string, readonly moves: number,
    /** Of everything that the thread did on the chain, disputes included. */
    readonly threadGas: number, readonly threadTransactions: number,
    /** Of the same moves without a thread; null where that was not tried. */
    readonly onchainGas: number | null, readonly totalMs: number
  }

/** What happens where the players no longer agree. */
export type DisputeStep =
  /** A node's process was ended with kill -9; `erased`: and its data is gone. */
  | { readonly step: 'away', readonly player: Who, readonly name: string, readonly how: 'killed' | 'erased', readonly pid: number, readonly nonce: number }
  /** It runs again, on the data that it had. */
  | { readonly step: 'back', readonly player: Who, readonly name: string, readonly pid: number, readonly nonce: number }
  /** An input that the other does not sign. */
  | { readonly step: 'alone', readonly player: Seat, readonly name: string, readonly call: string, readonly nonce: number }
  /** A player is about to show the court an old breakpoint, with everybody's signatures. */
  | { readonly step: 'stale', readonly player: Seat, readonly name: string, readonly nonce: number, readonly newest: number }
  /** What a node has decided by itself, in the words of its log. */
  | { readonly step: 'decision', readonly player: Who, readonly name: string, readonly action: string, readonly reason: string, readonly dispute: number | null }
  /** A transaction to the court, as the chain has it. `records`: the slot that it recorded. */
  | ({ readonly step: 'court', readonly player: Who, readonly name: string, readonly function: string, readonly records: { readonly epoch: number, readonly nonce: number } | null } & OnChain)
  /** A player and the oracle have agreed on a result that executing the move does not give. */
  | { readonly step: 'lie', readonly name: string, readonly oracle: string, readonly call: string, readonly nonce: number }
  /** A wrong claim was refuted: what its bond has paid, and to whom. */
  | { readonly step: 'slashed', readonly account: string, readonly refuter: string, readonly toRefuterWei: string, readonly toEachOtherWei: string }
  /** The chain's time goes on: `moved`, or waited for. */
  | { readonly step: 'time', readonly seconds: number, readonly moved: boolean, readonly until: string }

/** What a thread sends to the chain; `amountWei` goes to `target`, or with a call. */
type Receipted = { readonly index: number, readonly target: string, readonly amountWei: string, readonly isCall: boolean }

/** A game with prizes. */
export type ReceiptStep =
  /** A round of Rounds.sol, with the counts that were said, the winner's last. */
  | { readonly step: 'round', readonly number: number, readonly player: Seat, readonly name: string, readonly said: readonly number[], readonly prizeWei: string, readonly ms: number }
  | ({ readonly step: 'receipt' } & Receipted)
  /** The court has executed it. */
  | ({ readonly step: 'redeem', readonly player: Seat, readonly name: string } & Receipted & OnChain)

/** A player's money on the chain, before the thread and after it: after = before − fees + won. */
export type Account = {
  readonly player: Who, readonly name: string, readonly beforeWei: string, readonly afterWei: string, readonly feesWei: string, readonly transactions: number
  /** Paid out minus paid in, but for gas: of an oracle's bond and fees too. Negative for who lost. */
  readonly wonWei: string
}

/** A step by its name. */
export type StepOf<N extends Step['step']> = Extract<Step, { readonly step: N }>

/** Who tells the steps. */
export type Teller = {
  /** Something begins that takes a while. */
  working (what: string): void
  tell (step: Step): void
  /** Shows the user the board and asks for a move; `note` says why again. */
  invite (board: string, note: string): void
  /** How to talk to what still runs. */
  hints (lines: readonly string[]): void
  /** Takes away what is not finished on the terminal. */
  end (): void
}
