/** `receipts` and `redeem`: what a thread sends to the chain while it goes on. */
import type { Command } from 'commander'
import type { RpcClient } from '../../rpc/client.js'
import type { ThreadId } from '../../protocol/types.js'
import type { ThreadReceiptJson } from '../../rpc/schemas.js'
import { act, type Context } from '../command.js'
import { short, weiText } from '../text.js'
import { parseNumber } from '../values.js'

type Redeemed = Awaited<ReturnType<typeof redeemOne>>

/** Adds the commands. */
export function registerReceipts (program: Command): void {
  act(program.command('receipts')
    .description('payments and calls that a thread has sent to the chain, and which of them are done')
    .argument('<thread>', 'id, or its beginning')
    .addHelpText('after', '\nExample:\n  evm-threads receipts 3f2a'), async (context, thread = '') => {
    const listed = await context.withThread(thread, async (client, id) => ({ thread: id, receipts: await all(client, id) }))
    context.print(listed, listed.receipts.length === 0 ? 'no receipts' : listed.receipts.map(line).join('\n'))
  })
  act(program.command('redeem')
    .description('have the court execute a receipt, once; without a number, every one that is outstanding')
    .argument('<thread>', 'id, or its beginning')
    .argument('[index]', 'the receipt\'s number')
    .option('--dry-run', 'send nothing: say what it would take and cost')
    .addHelpText('after', '\nExamples:\n  evm-threads redeem 3f2a\n  evm-threads redeem 3f2a 4 --dry-run'), redeem)
}

async function redeem (context: Context, thread = '', number?: string): Promise<void> {
  const index = number === undefined ? undefined : parseNumber(number)
  const dryRun = context.options['dryRun'] === true
  const results = await context.withThread(thread, async (client, id) => {
    const wanted = index === undefined ? (await all(client, id)).filter(({ redeemed }) => !redeemed).map(receipt => receipt.index) : [index]
    const done: Redeemed[] = []
    for (const one of wanted) done.push(await redeemOne(client, id, one, dryRun))
    return done
  })
  context.print(results, results.length === 0 ? 'nothing is outstanding' : results.map(resultText).join('\n'))
}

async function redeemOne (client: RpcClient, thread: ThreadId, index: number, dryRun: boolean) {
  return { index, ...await client.request('thread_redeem', { thread, index, dryRun }) }
}

async function all (client: RpcClient, thread: ThreadId): Promise<ThreadReceiptJson[]> {
  const found: ThreadReceiptJson[] = []
  for (let from = 0; ;) {
    const { receipts } = await client.request('thread_receipts', { thread, from })
    found.push(...receipts)
    const last = receipts.at(-1)
    if (last === undefined) return found
    from = last.index + 1
  }
}

function line ({ index, target, amountUnits, data, redeemed }: ThreadReceiptJson): string {
  const what = data === '0x' ? `${amountUnits} units to ${target}` : `call of ${target} with ${(data.length - 2) / 2} bytes and ${amountUnits} units`
  return `${String(index).padStart(4)}  ${redeemed ? 'done       ' : 'outstanding'}  ${what}`
}

function resultText ({ index, thread, transaction, quote }: Redeemed): string {
  if (transaction !== null) return `redeemed receipt ${index} of ${short(thread)}: transaction ${transaction.hash}, gas ${transaction.gasUsed}`
  if (quote === null) return `receipt ${index} of ${short(thread)} was redeemed before`
  return `receipt ${index}: nothing is sent. It would take ${quote.gas} gas and ${quote.calldataBytes} bytes of calldata: ${weiText(quote.feeWei)} ether at the present price`
}
