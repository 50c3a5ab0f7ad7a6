/**
 * What the demo tells, as data: one step after the other. `--json` prints these lines; the story is made of them too, so that both say the same.
 * Names of fields say the unit, as everywhere: `Wei`, `Ms`; gas is gas, `bytes` are those on the wire.
 */

/** A player in the order of the terms: 0 is X and opens, 1 is O. */
export type Seat = 0 | 1

/** A transaction on the chain. */
type OnChain = { readonly gasUsed: number, readonly transaction: string, readonly block: number }

type Deposited = { readonly player: Seat, readonly name: string, readonly thread: string, readonly depositWei: string, readonly ms: number } & OnChain

/** One step. */
export type Step =
  | { readonly step: 'chain', readonly url: string, readonly chainId: number, readonly pid: number, readonly folder: string, readonly ms: number }
  | { readonly step: 'contracts', readonly court: string, readonly courtGas: number, readonly code: string, readonly codeGas: number }
  | {
    readonly step: 'node', readonly player: Seat, readonly name: string, readonly pid: number, readonly wallet: string, readonly sessionKey: string,
    readonly address: string, readonly dataDir: string, readonly balanceWei: string, readonly ms: number
  }
  | ({ readonly step: 'open' } & Deposited)
  | ({ readonly step: 'join' } & Deposited)
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
  | { readonly step: 'balances', readonly players: readonly Account[], readonly courtWei: string }
  /** The same game without a thread. */
  | { readonly step: 'onchain', readonly deployGas: number, readonly moveGas: readonly number[], readonly gasUsed: number, readonly transactions: number, readonly ms: number }
  | {
    readonly step: 'result', readonly ok: boolean, readonly problems: readonly string[], readonly outcome: 'x' | 'o' | 'draw' | 'open', readonly winner: string | null,
    readonly stakeWei: string, readonly moves: number, readonly threadGas: number, readonly threadTransactions: number, readonly onchainGas: number, readonly totalMs: number
  }

/** A player's money on the chain, before the thread and after it: after = before − fees + won. */
export type Account = {
  readonly player: Seat, readonly name: string, readonly beforeWei: string, readonly afterWei: string, readonly feesWei: string, readonly transactions: number
  /** Paid out minus deposited; negative for who lost. */
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
