/** `checkpoint`, `challenge`, `advance`, `respond`, `dispute`, `settle`, `close`, `withdraw`: a thread and the court. */
import type { Command } from 'commander'
import { act, textOption, type Context } from '../command.js'
import type { QuoteJson } from '../../rpc/schemas.js'
import { disputeText } from '../dispute-text.js'
import { short, slotText, unitsText, weiText } from '../text.js'
import { parseAmount, parseNumber } from '../values.js'

const DRY_RUN = 'send nothing: say what it would take and cost'

/** Adds the commands. */
export function registerChain (program: Command): void {
  const onThread = (name: string, description: string, example: string): Command => program.command(name)
    .description(description).argument('<thread>', 'id, or its beginning').addHelpText('after', `\nExample:\n  ${example}`)

  act(onThread('checkpoint', 'record the head on the chain: final at once', 'evm-threads checkpoint 3f2a')
    .option('--dry-run', DRY_RUN), async (context, thread = '') => {
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_checkpoint', { thread: id, dryRun: isDry(context) }))
    context.print(result, recordedText('recorded', result))
  })
  act(onThread('challenge', 'open a dispute on the chain with the head: for when the others are gone', 'evm-threads challenge 3f2a')
    .option('--restate', 'with what is recorded there already (or nothing), instead of the head')
    .option('--dry-run', DRY_RUN), async (context, thread = '') => {
    const restate = context.options['restate'] === true
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_challenge', { thread: id, restate, dryRun: isDry(context) }))
    context.print(result, pricedText(`challenged ${short(result.thread)} at ${slotText(result.slot)}`, result))
  })
  act(onThread('advance', 'force your input that waits: the chain executes it (a running node does so on its own after --dispute-after-sec)', 'evm-threads advance 3f2a --dry-run')
    .option('--use-oracle', 'have the thread\'s oracle answer for it, and claim it: less gas, and its fee; where it does not answer, the chain executes it')
    .option('--max-fee <amount>', 'with --use-oracle: what its result may cost, e.g. 0.001ether (default: --max-oracle-fee of the node)')
    .option('--dry-run', DRY_RUN), async (context, thread = '') => {
    const maxFee = textOption(context, 'maxFee')
    const asked = { useOracle: context.options['useOracle'] === true, maxFee: maxFee === undefined ? undefined : parseAmount(maxFee), dryRun: isDry(context) }
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_advance', { thread: id, ...asked }))
    const claimed = result.claim === null ? 'forced' : `claimed, for ${weiText(result.claim.feeWei)} ether to the oracle ${short(result.claim.oracle)},`
    context.print(result, pricedText(`${claimed} the move into ${slotText(result.slot)} of ${short(result.thread)}`, result))
  })
  act(onThread('dispute', 'how a thread stands at the court, and what this node does next', 'evm-threads dispute 3f2a')
    .option('--price', 'and what the next step would take and cost'), async (context, thread = '') => {
    const price = context.options['price'] === true
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_dispute', { thread: id, price }))
    context.print(result, disputeText(result))
  })
  act(onThread('respond', 'answer a challenge with a higher certificate (a running node does so on its own)', 'evm-threads respond 3f2a')
    .option('--dry-run', DRY_RUN), async (context, thread = '') => {
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_respond', { thread: id, dryRun: isDry(context) }))
    context.print(result, recordedText('answered', result))
  })
  act(onThread('settle', 'pay out the recorded state after a dispute\'s end (a running node does so on its own)', 'evm-threads settle 3f2a --json')
    .option('--plain', 'without the contract\'s settlement function')
    .option('--dry-run', DRY_RUN), async (context, thread = '') => {
    const plain = context.options['plain'] === true
    const result = await context.withThread(thread, async (client, id) => await client.request('thread_settle', { thread: id, plain, dryRun: isDry(context) }))
    const paid = `settled ${short(result.thread)}${result.already === undefined ? '' : ' already'}: paid ${payoutsText(result)}`
    context.print(result, result.already === undefined ? pricedText(isDry(context) ? `it would pay ${payoutsText(result)}` : paid, result) : `${paid}; transaction ${result.already}`)
  })
  act(program.command('close')
    .description('end a thread together: everybody signs the payouts, one transaction pays')
    .argument('<thread>', 'id, or its beginning')
    .option('--payouts <amounts>', 'what each player gets, in order, then the oracle where there is one, e.g. 1ether,0 (default: the balances of the head)')
    .option('--timeout <seconds>', 'how long to wait for the signatures (default 60)', parseNumber)
    .option('--dry-run', 'ask nobody: say what it would pay, and cost once everybody has signed')
    .addHelpText('after', '\nExit code 5 when a signature is missing; the output names whose.\n\nExamples:\n  evm-threads close 3f2a\n  evm-threads close 3f2a --payouts 0.2ether,0'), close)
  act(program.command('withdraw')
    .description('collect what a failed payout left for this wallet')
    .option('--asset <address>', 'an ERC-20 (default: ether)')
    .option('--dry-run', DRY_RUN)
    .addHelpText('after', '\nExample:\n  evm-threads withdraw'), async (context) => {
    const result = await context.withNode(async (client) => await client.request('thread_withdraw', { asset: textOption(context, 'asset'), dryRun: isDry(context) }))
    const { transaction, quote = null } = result
    const amount = result.asset === ETHER ? `${unitsText(result.amountUnits, 18)} ether` : `${result.amountUnits} (in the token's smallest units)`
    context.print(result, transaction === null && quote === null ? 'nothing to withdraw' : pricedText(`withdrew ${amount}`, { transaction, quote }))
  })
}

async function close (context: Context, thread = ''): Promise<void> {
  const payouts = textOption(context, 'payouts')?.split(',').map(parseAmount)
  const timeoutSec = context.options['timeout'] as number | undefined
  const dryRun = isDry(context)
  const result = await context.withThread(thread, async (client, id) => await client.request('thread_close', { thread: id, payouts, timeoutSec, dryRun }))
  const { transaction, quote = null, already } = result
  const who = result.missing.map((player) => `player ${player}`).join(', ')
  const by = transaction !== null ? `; transaction ${transaction.hash}, gas ${transaction.gasUsed}` : already === undefined ? '' : `; transaction ${already}`
  if (result.closed) return context.print(result, `closed ${short(result.thread)}: paid ${payoutsText(result)}${by}`)
  const would = `it would pay ${payoutsText(result)}`
  if (dryRun) return context.print(result, quote === null ? `${would}. Nothing is sent; what it costs is known when ${who} has signed` : pricedText(would, { transaction, quote }))
  context.print(result, `not closed yet: ${who} did not sign in time: ${payoutsText(result)}`)
  context.exit(5)
}

const ETHER = `0x${'0'.repeat(40)}`

/** What is paid, in ether or whole tokens. */
function payoutsText ({ payoutsUnits, asset }: { readonly payoutsUnits: readonly string[], readonly asset?: { readonly address: string, readonly decimals: number } | undefined }): string {
  if (asset === undefined) return `${payoutsUnits.join(', ')} (in the asset's smallest units)`
  return `${payoutsUnits.map((units) => unitsText(units, asset.decimals)).join(', ')} ${asset.address === ETHER ? 'ether' : `of the token ${asset.address}`}`
}

function isDry (context: Context): boolean {
  return context.options['dryRun'] === true
}

type Priced = { readonly transaction: { readonly hash: string, readonly gasUsed: number } | null, readonly quote: QuoteJson | null }

function pricedText (done: string, { transaction, quote }: Priced): string {
  if (transaction !== null) return `${done}; transaction ${transaction.hash}, gas ${transaction.gasUsed}`
  if (quote === null) return done
  const { gas, feeWei, calldataBytes, transactions } = quote
  return `${done.startsWith('it would') ? `${done}. N` : 'n'}othing is sent. It would take ${transactions === 1 ? 'one transaction' : `${transactions} transactions`}, ${gas} gas and ${calldataBytes} bytes of calldata: ${weiText(feeWei)} ether at the present price`
}

type Recorded = Priced & { readonly thread: string, readonly slot: { readonly epoch: number, readonly nonce: number } | null }

function recordedText (verb: string, { thread, slot, transaction, quote }: Recorded): string {
  if (transaction === null) return pricedText('', { transaction, quote })
  return `${verb} ${short(thread)} at ${slotText(slot)}: transaction ${transaction.hash}, gas ${transaction.gasUsed}`
}
