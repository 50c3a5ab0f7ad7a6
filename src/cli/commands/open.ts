/** `open`, `join`, `cancel`: the beginning of a thread. */
import { InvalidArgumentError, type Command } from 'commander'
import { ThreadsError } from '../../errors.js'
import type { ParamsIn } from '../../rpc/api.js'
import { act, textOption, type Context } from '../command.js'
import { short, weiText } from '../text.js'
import { parseAmount, parseCount } from '../values.js'

type OtherPlayer = { readonly wallet: string, readonly sessionKey: string, readonly deposit: string | undefined }

/** Address 0: the terms name no oracle. */
const NOBODY = `0x${'0'.repeat(40)}`

/** Adds the commands. */
export function registerOpen (program: Command): void {
  const open = program.command('open')
    .description('open a thread for a contract and pay this node\'s deposit; the others join')
    .argument('<contract>', 'where the code is: a data contract with creation code (see "deploy"), or an ordinary deployed contract')
    .argument('[arguments...]', 'the constructor\'s arguments; @0, @1 … stand for the players\' wallets')
    .requiredOption('--player <wallet[:session[:deposit]]>', 'another player; repeat for more. Session key: the wallet\'s own by default; deposit: the same as ours', collectPlayer)
    .option('--deposit <amount>', 'what this node pays in, e.g. 0.1ether (default 0)', '0')
    .option('--ctor <types>', 'types of the constructor\'s arguments, e.g. "(address,address)"')
    .option('--ctor-data <hex>', 'the constructor\'s arguments, encoded already')
    .option('--asset <address>', 'an ERC-20 as the thread\'s currency (default: ether)')
    .option('--window <seconds>', 'W: how long a dispute collects evidence (default 3600)', parsed(parseCount))
    .option('--time-bank <seconds>', 'B: each player\'s time for forced moves (default: the window)', parsed(parseCount))
    .option('--forced-moves <count>', 'M: forced moves of a player in a dispute', parsed(parseCount))
    .option('--settlement <function>', 'the settlement function: its signature or selector')
    .option('--routine', 'the contract may be a routine: it waits in the middle of a function (needs --settlement)')
    .option('--shares <weights>', 'how what is left over is divided, e.g. 1,1', (text) => text.split(',').map(parseCount))
    .option('--oracle <address>', 'the arbiter')
    .option('--oracle-fee <amount>', 'what it is paid, on top of our deposit')
    .option('--gas-limit <gas>', 'gas of an input at most (default 1000000)', parsed(parseCount))
    .option('--piece-gas <gas>', 'with --routine: a computation waits wherever it is behind so much gas, is signed, and goes on; 50000 to the gas limit (default 0: never)', parsed(parseCount))
    .option('--join-within <seconds>', 'how long the others have to join (default 3600)', parsed(parseCount))
    .option('--salt <hash>', '32 bytes that make the thread\'s id unique (default: random)')
    .addHelpText('after', `
Examples:
  evm-threads open 0xC0de… --player 0xB0b… --deposit 0.1ether --ctor "(address,address)" @0 @1
  evm-threads open 0xC0de… --player 0xB0b…:0x5e55…:5000000 --deposit 5000000 --asset 0xU5DC… --window 600 --settlement "settle()"`)
  act(open, openThread)

  act(program.command('join')
    .description('pay this node\'s deposit into a thread that names it as a player')
    .argument('<thread>', 'id, or its beginning')
    .addHelpText('after', '\nExample:\n  evm-threads join 0x3f2a'), async (context, thread) => {
    const result = await context.withThread(thread ?? '', async (client, id) => await client.request('thread_join', { thread: id }))
    context.print(result, [`joined ${short(result.thread)}: transaction ${result.transaction.hash}, gas ${result.transaction.gasUsed}`, ...cautionLines(result.cautions)].join('\n'))
  })

  act(program.command('cancel')
    .description('take the deposits back when not everybody joined in time')
    .argument('<thread>', 'id, or its beginning')
    .addHelpText('after', '\nExample:\n  evm-threads cancel 0x3f2a'), async (context, thread) => {
    const result = await context.withThread(thread ?? '', async (client, id) => await client.request('thread_cancel', { thread: id }))
    const { transaction, already } = result
    context.print(result, `cancelled ${short(result.thread)}${transaction === null ? ` already: transaction ${already ?? ''}` : `: transaction ${transaction.hash}, gas ${transaction.gasUsed}`}`)
  })
}

async function openThread (context: Context, contract = '', ...words: string[]): Promise<void> {
  if (context.options['routine'] === true && textOption(context, 'settlement') === undefined) {
    throw new ThreadsError('CLI_BAD_OPTIONS', '--routine needs --settlement: what settles while nothing waits, e.g. "settle(address,address[],bytes)"')
  }
  const others = context.options['player'] as readonly OtherPlayer[]
  const deposit = parseAmount(textOption(context, 'deposit') ?? '0')
  const text = (name: string): string | undefined => textOption(context, name)
  const number = (name: string): number | undefined => context.options[name] as number | undefined
  const opened = await context.withNode(async (client) => {
    const me = await client.request('node_status', {})
    const players = [
      { wallet: me.wallet, sessionKey: me.sessionKey, deposit },
      ...others.map((other) => ({ wallet: other.wallet, sessionKey: other.sessionKey, deposit: other.deposit ?? deposit }))
    ]
    const settlement = text('settlement')
    const oracleFee = text('oracleFee')
    const params: ParamsIn<'thread_open'> = {
      players, contract,
      ctorArg: await constructorArgument(context, words, players.map(({ wallet }) => wallet)),
      asset: text('asset'), windowSec: number('window'), timeBankSec: number('timeBank'), forcedMoves: number('forcedMoves'),
      settlement: settlement === undefined ? undefined : (await import('../arguments.js')).selectorOf(settlement),
      routine: context.options['routine'] === true,
      shares: context.options['shares'] as number[] | undefined,
      oracle: text('oracle'), oracleFee: oracleFee === undefined ? undefined : parseAmount(oracleFee),
      gasLimit: number('gasLimit'), pieceGas: number('pieceGas'), joinWithinSec: number('joinWithin'), salt: text('salt')
    }
    return await client.request('thread_open', params)
  })
  const { hash, gasUsed } = opened.transaction
  const accepts = opened.terms.oracle === NOBODY ? [] : [`Before the last of them, the oracle ${opened.terms.oracle} must accept: evm-threads oracle accept ${opened.thread}`]
  context.print(opened, [`thread ${opened.thread}`, `opened: transaction ${hash}, gas ${gasUsed}`, ...bondLines(opened.oracle ?? null), ...cautionLines(opened.cautions), `The others join with: evm-threads join ${opened.thread}`, ...accepts].join('\n'))
}

/** What the oracle has to answer with, against what it must cover. */
function bondLines (oracle: { readonly account: string, readonly freeWei: string, readonly perClaimWei: string } | null): string[] {
  if (oracle === null) return []
  const covers = BigInt(oracle.freeWei) / BigInt(oracle.perClaimWei)
  const line = `oracle ${oracle.account}: ${weiText(oracle.freeWei)} ether of its bond are free, ${weiText(oracle.perClaimWei)} answer for one claim in this thread: enough for ${covers}`
  return covers > 0n ? [line] : [`CAUTION: ${line}. It cannot answer for any`]
}

function cautionLines (cautions: readonly string[] = []): string[] {
  return cautions.map((caution) => `CAUTION: ${caution}`)
}

/** @throws `CLI_BAD_OPTIONS`, `RPC_BAD_SIGNATURE`, `RPC_BAD_ARGUMENTS`, `CLI_BAD_ARGUMENT`. */
async function constructorArgument (context: Context, words: readonly string[], wallets: readonly string[]): Promise<string | undefined> {
  const types = textOption(context, 'ctor')
  const data = textOption(context, 'ctorData')
  if (types === undefined && words.length > 0) throw new ThreadsError('CLI_BAD_OPTIONS', 'the constructor\'s arguments need their types: --ctor "(address,uint256)"')
  if (types === undefined) return data
  if (data !== undefined) throw new ThreadsError('CLI_BAD_OPTIONS', '--ctor and --ctor-data exclude each other')
  const list = types.startsWith('(') ? types : `(${types})`
  const values = words.map((word) => word.replace(/@([0-9]+)\b/g, (written, index: string) => wallets[Number(index)] ?? written))
  const [{ encodeConstructor }, { parseArguments }] = await Promise.all([import('../../rpc/calldata.js'), import('../arguments.js')])
  return encodeConstructor(list, parseArguments(`constructor_${list}`, values))
}

function collectPlayer (text: string, before: readonly OtherPlayer[] | undefined): readonly OtherPlayer[] {
  const [wallet = '', sessionKey, deposit, ...rest] = text.split(':')
  const isAddress = (word: string): boolean => /^0x[0-9a-fA-F]{40}$/.test(word)
  if (!isAddress(wallet) || (sessionKey !== undefined && sessionKey !== '' && !isAddress(sessionKey)) || rest.length > 0) {
    throw new InvalidArgumentError('expected wallet[:session[:deposit]] with addresses of 40 hexadecimal digits')
  }
  const session = sessionKey === undefined || sessionKey === '' ? wallet : sessionKey
  return [...before ?? [], { wallet, sessionKey: session, deposit: deposit === undefined ? undefined : parseAmount(deposit) }]
}

/** A parser as commander wants one: without the value before. */
function parsed<T> (parse: (text: string) => T): (text: string) => T {
  return (text) => parse(text)
}
