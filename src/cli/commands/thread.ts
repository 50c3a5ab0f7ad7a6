/** `send`, `call`, `status`, `list`, `history`, `evidence`: inside a thread. */
import type { Command } from 'commander'
import type { Interface } from 'ethers'
import { hasCode, ThreadsError } from '../../errors.js'
import type { ParamsIn, Result } from '../../rpc/api.js'
import { act, textOption, type Context } from '../command.js'
import { adviceText } from '../advice.js'
import { listText, nodeText, receiptText, slotText, threadText, timeText } from '../text.js'
import { parseAmount, parseCount, parseNumber } from '../values.js'

/** Adds the commands. */
export function registerThread (program: Command): void {
  act(program.command('send')
    .description('send an input to a thread and wait until everybody has signed what became of it')
    .argument('<thread>', 'id, or its beginning')
    .argument('[signature]', 'the function, e.g. "play(uint8)"; types alone for a contract that waits, e.g. "(uint8)"')
    .argument('[arguments...]', 'its arguments; arrays and tuples as JSON')
    .option('--data <hex>', 'calldata instead of a function')
    .option('--abi <artifact>', 'a compiler\'s JSON, or an example\'s name: functions by their names, errors and logs in words')
    .option('--raw <hex>', 'a transaction that this player\'s wallet has signed for the thread\'s chain id')
    .option('--to <address>', 'another contract or account inside the thread (default: the thread\'s contract)')
    .option('--value <amount>', 'money to go with it, e.g. 0.5ether', '0')
    .option('--gas <limit>', 'gas limit (default: the terms\')', parseCount)
    .option('--no-wait', 'return when it is sent')
    .option('--timeout <seconds>', 'how long to wait (default 60)', parseNumber)
    .addHelpText('after', `
Exit code 4 when the input reverted: it is co-signed as reverted all the same.

Examples:
  evm-threads send 3f2a "play(uint8)" 4
  evm-threads send 3f2a play 4 --abi TicTacToe
  evm-threads send 3f2a "bet()" --value 0.01ether --json
  evm-threads send 3f2a --to 0xB0b… --value 1ether`), send)

  act(program.command('call')
    .description('execute a call on the thread\'s head without changing it')
    .argument('<thread>', 'id, or its beginning')
    .argument('[signature]', 'the function; with returns its result is decoded, e.g. "winner() view returns (uint8)"')
    .argument('[arguments...]', 'its arguments; arrays and tuples as JSON')
    .option('--data <hex>', 'calldata instead of a function')
    .option('--abi <artifact>', 'a compiler\'s JSON, or an example\'s name: functions by their names, errors and logs in words')
    .option('--to <address>', 'another contract inside the thread (default: the thread\'s contract)')
    .option('--from <address>', 'who calls (default: this player)')
    .addHelpText('after', `
Examples:
  evm-threads call 3f2a "winner() view returns (uint8)"
  evm-threads call 3f2a "balanceOf(address) view returns (uint256)" 0xA11ce… --json`), call)

  act(program.command('status')
    .description('this node; with a thread: who plays, the head, what is waited for, the chain\'s view')
    .argument('[thread]', 'id, or its beginning')
    .addHelpText('after', '\nExamples:\n  evm-threads status\n  evm-threads status 3f2a --json'), async (context, thread) => {
    if (thread === undefined) {
      const status = await context.withNode(async (client) => await client.request('node_status', {}))
      return context.print(status, nodeText(status))
    }
    const status = await context.withThread(thread, async (client, id) => await client.request('thread_status', { thread: id }))
    const advice = adviceText(status)
    context.print(status, `${threadText(status)}${advice === undefined ? '' : `\nnow       ${advice}`}`)
  })

  act(program.command('list')
    .description('the threads of this node')
    .option('--all', 'also those that are over')
    .addHelpText('after', '\nExamples:\n  evm-threads list\n  evm-threads list --all --json'), async (context) => {
    const result = await context.withNode(async (client) => await client.request('thread_list', { all: context.options['all'] === true }))
    context.print(result, listText(result.threads))
  })

  act(program.command('history')
    .description('the breakpoints of a thread with what happened in them')
    .argument('<thread>', 'id, or its beginning')
    .option('--from <nonce>', 'begin at this nonce', parseCount)
    .option('--epoch <epoch>', 'of this epoch (default 0)', parseCount)
    .option('--limit <count>', 'at most so many (default 20, up to 64)', parseCount)
    .addHelpText('after', '\nExample:\n  evm-threads history 3f2a --from 10 --json'), history)

  act(program.command('evidence')
    .description('proofs that a player signed two contents of one slot')
    .argument('<thread>', 'id, or its beginning')
    .addHelpText('after', '\nExample:\n  evm-threads evidence 3f2a --json'), async (context, thread) => {
    const result = await context.withThread(thread ?? '', async (client, id) => await client.request('thread_evidence', { thread: id }))
    const lines = result.evidence.map((item) => `player ${item.signer} signed in ${slotText(item.slot)}: ${item.contents.map(({ kind, hash }) => `${kind} ${hash}`).join(' and ')}`)
    context.print(result, lines.length === 0 ? 'none' : lines.join('\n'))
  })
}

async function send (context: Context, thread = '', signature?: string, ...words: string[]): Promise<void> {
  const timeoutSec = context.options['timeout'] as number | undefined
  const waiting: Pick<ParamsIn<'thread_sendRaw'>, 'wait' | 'timeoutSec'> = { wait: context.options['wait'] === false ? 'sent' : 'final', timeoutSec }
  const raw = textOption(context, 'raw')
  const source = await calldata(context, signature, words)
  if (raw !== undefined && Object.keys(source).length > 0) throw new ThreadsError('CLI_BAD_OPTIONS', '--raw is a whole transaction: give no function and no data with it')
  const value = parseAmount(textOption(context, 'value') ?? '0')
  const result = await context.withThread(thread, async (client, id) => raw !== undefined
    ? await client.request('thread_sendRaw', { thread: id, raw, ...waiting })
    : await client.request('thread_send', { thread: id, to: textOption(context, 'to'), ...source, value, gasLimit: context.options['gas'] as number | undefined, ...waiting }))
  const spoken = await inWords(context, result)
  context.print({ ...result, ...spoken }, [receiptText(result), ...spoken.error === undefined ? [] : [spoken.error], ...spoken.events ?? []].join('\n  '))
  if (result.success === false) context.exit(4)
}

async function call (context: Context, thread = '', signature?: string, ...words: string[]): Promise<void> {
  const source = await calldata(context, signature, words)
  const result = await context.withThread(thread, async (client, id) =>
    await client.request('thread_call', { thread: id, to: textOption(context, 'to'), ...source, from: textOption(context, 'from') })
  ).catch(async (error: unknown) => { throw await revertInWords(context, error) })
  const shown = result.decoded?.map((value) => typeof value === 'object' ? JSON.stringify(value) : String(value)).join('\n')
  context.print(result, shown ?? result.returnData)
}

/** @throws `CLI_BAD_OPTIONS`, `CLI_BAD_ARGUMENT`, `RPC_BAD_SIGNATURE`. */
async function calldata (context: Context, signature: string | undefined, words: readonly string[]): Promise<{ data?: string, signature?: string, args?: unknown[] }> {
  const data = textOption(context, 'data')
  if (signature === undefined) return data === undefined ? {} : { data }
  if (data !== undefined) throw new ThreadsError('CLI_BAD_OPTIONS', 'give a function or --data, not both')
  const { parseArguments } = await import('../arguments.js')
  const abi = signature.includes('(') ? undefined : await abiOf(context)
  const full = abi === undefined ? signature : (await import('../contract.js')).signatureOf(abi, signature)
  return { signature: full, args: parseArguments(full, words) }
}

async function abiOf (context: Context): Promise<Interface | undefined> {
  const source = textOption(context, 'abi')
  return source === undefined ? undefined : (await (await import('../contract.js')).readContract(source)).interface
}

/** What the ABI makes of a receipt; nothing without one. */
async function inWords (context: Context, result: Result<'thread_send'>): Promise<{ error?: string, events?: string[] }> {
  const abi = await abiOf(context)
  if (abi === undefined || result.slot === undefined) return {}
  const { describeError, describeLogs } = await import('../contract.js')
  const error = result.success === false ? describeError(abi, result.returnData ?? '0x') : undefined
  return { ...error === undefined ? {} : { error }, events: describeLogs(abi, result.logs ?? []) }
}

/** The same error, with the contract's own in words where an ABI is given. */
async function revertInWords (context: Context, error: unknown): Promise<unknown> {
  if (!hasCode(error, 'CALL_REVERTED')) return error
  const abi = await abiOf(context)
  const words = abi === undefined ? undefined : (await import('../contract.js')).describeError(abi, String(error.data['returnData'] ?? '0x'))
  return words === undefined ? error : new ThreadsError('CALL_REVERTED', `the call reverted: ${words}`, { data: { ...error.data, error: words } })
}

async function history (context: Context, thread = ''): Promise<void> {
  const number = (name: string): number | undefined => context.options[name] as number | undefined
  const from = { epoch: number('epoch') ?? 0, nonce: number('from') ?? 0 }
  const result = await context.withThread(thread, async (client, id) => await client.request('thread_breakpoints', { thread: id, from, limit: number('limit') }))
  const lines = result.breakpoints.map((at) =>
    [`${slotText(at.slot)} ${at.hash} ${timeText(at.timestampSec)}, ${at.signatures.length} signatures`, ...at.inputs.map((input) => `  ${receiptText(input)}`)].join('\n'))
  context.print(result, lines.length === 0 ? 'none' : lines.join('\n'))
}
