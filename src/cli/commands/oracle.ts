/** `oracle bond|unbond|accept|release|status`: what an oracle answers for claims with. */
import type { Command } from 'commander'
import type { Result } from '../../rpc/api.js'
import { act, textOption } from '../command.js'
import { short, weiText } from '../text.js'
import { parseAmount, parseCount } from '../values.js'

/** Adds the commands. */
export function registerOracle (program: Command): void {
  const oracle = program.command('oracle').description('bonds, and the threads that an oracle answers for')
    .addHelpText('after', '\nExamples:\n  evm-threads oracle bond 5ether\n  evm-threads oracle status 3f2a')
  for (const [name, description] of [['bond', 'add ether to this wallet\'s bond'], ['unbond', 'take ether from this wallet\'s bond that is promised to no thread']] as const) {
    act(oracle.command(name).description(description).argument('<amount>', 'e.g. 5ether').addHelpText('after', `\nExample:\n  evm-threads oracle ${name} 5ether`), async (context, amount = '') => {
      const parsed = parseAmount(amount)
      const result = await context.withNode(async (client) => await client.request(`oracle_${name}`, { amount: parsed }))
      context.print(result, `${weiText(result.freeWei)} ether of the bond are free now: transaction ${result.transaction.hash}, gas ${result.transaction.gasUsed}`)
    })
  }
  act(oracle.command('accept')
    .description('take a thread that names this wallet as its oracle, and set a part of the bond aside for it: its last player can join then')
    .argument('<thread>', 'id, or its beginning')
    .option('--bond <amount>', 'how much, e.g. 5ether (default: what answers for --claims)')
    .option('--claims <count>', 'how many claims it is to answer for at a time (default 4)', parseCount)
    .option('--sign', 'send nothing: print the signature, with which anybody can send it')
    .option('--signature <hex>', 'the oracle\'s signature, to send it for the oracle')
    .addHelpText('after', `
Examples:
  evm-threads oracle accept 3f2a
  evm-threads oracle accept 3f2a --bond 5ether --sign --json
  evm-threads oracle accept 3f2a --bond 5ether --signature 0x…`), async (context, thread = '') => {
    const bond = textOption(context, 'bond')
    const asked = {
      bond: bond === undefined ? undefined : parseAmount(bond), claims: context.options['claims'] as number | undefined,
      signOnly: context.options['sign'] === true, signature: textOption(context, 'signature')
    }
    const result = await context.withThread(thread, async (client, id) => await client.request('oracle_accept', { thread: id, ...asked }))
    const done = result.transaction === null ? `signature ${result.signature ?? ''}` : `transaction ${result.transaction.hash}, gas ${result.transaction.gasUsed}`
    context.print(result, `${short(result.thread)} with a bond of ${weiText(result.bondWei)} ether: ${done}`)
  })
  act(oracle.command('release')
    .description('free what was set aside for a thread that is over')
    .argument('<thread>', 'id, or its beginning')
    .option('--account <address>', 'whose (default: this wallet\'s)')
    .addHelpText('after', '\nExample:\n  evm-threads oracle release 3f2a'), async (context, thread = '') => {
    const result = await context.withThread(thread, async (client, id) => await client.request('oracle_release', { thread: id, account: textOption(context, 'account') }))
    context.print(result, `released for ${short(result.thread)}: transaction ${result.transaction.hash}, gas ${result.transaction.gasUsed}`)
  })
  act(oracle.command('status')
    .description('a bond; with a thread: its oracle, what that has set aside, and the claims that stand')
    .argument('[thread]', 'id, or its beginning')
    .option('--account <address>', 'whose bond (default: this wallet\'s)')
    .addHelpText('after', '\nExamples:\n  evm-threads oracle status\n  evm-threads oracle status --account 0x04ac…\n  evm-threads oracle status 3f2a --json'), async (context, thread) => {
    const account = textOption(context, 'account')
    const result = thread === undefined
      ? await context.withNode(async (client) => await client.request('oracle_status', { account }))
      : await context.withThread(thread, async (client, id) => await client.request('oracle_status', { account, thread: id }))
    context.print(result, statusText(result))
  })
  act(oracle.command('report')
    .description('what this node does as an oracle: its terms, bond and threads, the fees that they have brought, and the work that waits')
    .addHelpText('after', '\nExample:\n  evm-threads oracle report'), async context => {
    const result = await context.withNode(async client => await client.request('oracle_report', {}))
    context.print(result, reportText(result))
  })
  act(oracle.command('look')
    .description('an oracle before you open a thread: what it offers, its free bond, and its record at the court')
    .argument('<oracle>', 'its multiaddress, or its account')
    .option('--gas-limit <gas>', 'of the thread\'s inputs: what a claim needs rises with it (default 1000000)', parseCount)
    .addHelpText('after', '\nExamples:\n  evm-threads oracle look /ip4/192.0.2.7/tcp/9470/ws/p2p/16Uiu2…\n  evm-threads oracle look 0x04ac… --json'), async (context, which = '') => {
    const asked = { ...which.startsWith('/') ? { multiaddr: which } : { account: which }, gasLimit: context.options['gasLimit'] as number | undefined }
    const result = await context.withNode(async client => await client.request('oracle_look', asked))
    context.print(result, lookText(result))
  })
}

function offerText ({ minFeeUnits, resultFeeWei, claims, codes, assets }: NonNullable<Result<'oracle_report'>['offer']>): string {
  const limited = [...codes.length === 0 ? [] : [`${codes.length} codes`], ...assets.length === 0 ? [] : [`${assets.length} assets`]]
  return `offers    a thread for ${minFeeUnits} of its asset's units or more, a result for ${weiText(resultFeeWei)} ether, bonds for ${claims} claims at a time; serves ${limited.length === 0 ? 'everything' : limited.join(' and ')}`
}

function reportText ({ serves, dryRun, offer, bond, earned, threads, work }: Result<'oracle_report'>): string {
  if (!serves || offer === null) return 'this node is no oracle: "start --oracle" makes it one'
  const lines = [
    ...dryRun ? ['this is a dry run: nothing is accepted or signed'] : [], offerText(offer),
    `bond      ${weiText(bond.freeWei)} ether are free, ${weiText(bond.usedWei)} set aside`,
    `earned    ${weiText(earned.threadsWei)} ether with threads, ${weiText(earned.resultsWei)} with results (tokens aside)`,
    `work      ${work.opening} threads to accept, ${work.disputes} disputes, ${work.running} results under way; ${work.signed} signed since the start`
  ]
  for (const { thread, phase, accepted, pledgedWei, results, standing, releasable } of threads) {
    lines.push(`${short(thread)}  ${phase}${accepted ? '' : ', not accepted'}: ${weiText(pledgedWei)} ether set aside, ${results} results signed, ${standing} claims stand${releasable ? '; "oracle release" frees the bond' : ''}`)
  }
  return lines.join('\n')
}

function lookText ({ account, offer, freeWei, perClaimWei, covers, record }: Result<'oracle_look'>): string {
  return [
    `oracle    ${account}`, ...offer === null ? [] : [offerText(offer)], `bond      ${weiText(freeWei)} ether are free; one claim needs ${weiText(perClaimWei)}: enough for ${covers}`,
    record === null ? 'record    the chain\'s endpoint does not look back so far' : `record    ${record.accepted} threads accepted, ${record.claims} claims, ${record.refuted} of them refuted`
  ].join('\n')
}

function statusText ({ account, freeWei, thread }: Result<'oracle_status'>): string {
  const lines = [`bond      ${weiText(freeWei)} ether of ${account} are free`]
  if (thread === null) return lines[0] ?? ''
  if (thread.oracle === null) lines.push(`oracle    the thread ${short(thread.id)} has none`)
  else lines.push(`oracle    ${thread.oracle} ${thread.accepted ? `has accepted, and set ${weiText(thread.pledgedWei)} ether aside` : 'has not accepted: the last player cannot join'}`)
  lines.push(`claim     ${weiText(thread.bondPerClaimWei)} ether answer for one`)
  for (const { index, player, account: by } of thread.claims) lines.push(`          ${index}: player ${player}'s move, ${short(by)} answers`)
  return lines.join('\n')
}
