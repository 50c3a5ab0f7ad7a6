/** The node's answers in words, for people. Scripts use `--json`. */
import type { NodeEvent, NodeStatus, ReceiptJson, ThreadStatus, ThreadSummary } from '../rpc/schemas.js'

/** The beginning of an id, enough to tell and to type. */
export function short (id: string): string {
  return id.length > 14 ? `${id.slice(0, 10)}…` : id
}

/** (epoch, nonce) as `nonce`, or `epoch/nonce` after a dispute. */
export function slotText (slot: { readonly epoch: number, readonly nonce: number } | null): string {
  if (slot === null) return '-'
  return slot.epoch === 0 ? `#${slot.nonce}` : `#${slot.epoch}/${slot.nonce}`
}

/** An amount inside a thread (18 decimals). */
export function weiText (wei: string): string {
  return unitsText(wei, 18)
}

/** An amount of an asset, from its smallest units. */
export function unitsText (units: string, decimals: number): string {
  if (decimals === 0) return units
  const digits = units.padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '')
}

/** Chain time as a date. */
export function timeText (seconds: number | null): string {
  return seconds === null ? '-' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

const names = (players: readonly number[]): string => players.length === 0 ? 'nobody' : players.map((player) => `player ${player}`).join(', ')

/** `node_status` for people. */
export function nodeText (status: NodeStatus): string {
  const dropped = Object.entries(status.dropped).map(([code, n]) => `${code} ${n}`).join(', ')
  const lines = [
    `node      ${status.peerId}  (version ${status.version}, up ${status.uptimeSec} s)`,
    `session   ${status.sessionKey}`,
    `wallet    ${status.wallet}`,
    `chain     ${status.chain.id}, court ${status.chain.court}, block ${status.chain.followedBlock ?? '-'} of ${status.chain.headBlock ?? '-'}${status.chain.ok ? '' : `, NOT FOLLOWED: ${status.chain.error ?? ''}`}`,
    `store     ${status.store.path}${status.store.ok ? '' : `, FAILED: ${status.store.error ?? ''}`}`,
    `peers     ${status.peers}, threads ${status.threads} (${status.loaded} in memory)`,
    ...status.multiaddrs.map((at) => `address   ${at}`),
    ...(dropped === '' ? [] : [`dropped   ${dropped}`]),
    ...status.warnings.map(({ code, message }) => `WARNING   ${message} (${code})`)
  ]
  return lines.join('\n')
}

/** `thread_status` for people. */
export function threadText (status: ThreadStatus): string {
  const { head, pending, chain, balances } = status
  const lines = [
    `thread    ${status.thread}`,
    `phase     ${status.phase}${status.mode === 'watching' ? `, watching only${status.modeReason === null ? '' : `: ${status.modeReason}`}` : ''}`,
    `contract  ${status.contract} on chain id ${status.chainId}`,
    ...status.players.map((player) => {
      const here = player.index === status.me ? 'this node' : player.connected ? 'connected' : player.lastSeenMs === null ? 'not seen yet' : `last seen ${new Date(player.lastSeenMs).toISOString()}`
      const balance = balances === null ? '' : `, has ${weiText(balances.playersWei[player.index] ?? '0')}`
      return `player ${player.index}  ${player.wallet}, ${player.joined ? 'joined' : 'NOT JOINED'}, ${here}${balance}`
    }),
    ...(balances === null ? [] : [`inside    contract ${weiText(balances.contractWei)}, left over ${weiText(balances.leftoverWei)}`]),
    ...(status.suspended === null ? [] : [`waits     ${status.suspended.piece === undefined ? '' : 'between two pieces of a computation, '}for ${names(status.suspended.movers)}${chain.endsAtSec === null ? '' : ` until ${timeText(chain.endsAtSec)}`}; else ${status.suspended.onTimeout} settles`]),
    head === null ? 'head      nothing co-signed yet' : `head      ${slotText(head.slot)} ${head.hash}, ${head.signatures}/${status.players.length} signatures, ${timeText(head.timestampSec)}`,
    ...(pending === null
      ? []
      : [`next      ${slotText(pending.slot)}: ${pending.hash === null ? `player ${pending.proposer} proposes, ${pending.queuedInputs} inputs wait` : `${pending.kind ?? ''} signed by ${names(pending.signed)}, waits for ${names(pending.waitingFor)}`}`]),
    `chain     recorded ${chain.recorded === null ? 'nothing' : slotText(chain.recorded.slot)}, epoch ${chain.confirmedEpoch}`,
    ...(chain.endsAtSec === null ? [] : [`DISPUTE   ${chain.dispute}: evidence until ${timeText(chain.evidenceUntilSec)}, ends ${timeText(chain.endsAtSec)}, chain time ${timeText(chain.nowSec)}`]),
    ...(chain.payoutsUnits === null ? [] : [`paid      ${chain.payoutsUnits.map(units => unitsText(units, status.terms.assetDecimals)).join(', ')}`]),
    ...(status.evidence === 0 ? [] : [`EVIDENCE  ${status.evidence} (see "evidence")`]),
    ...status.warnings.map(({ code, message }) => `WARNING   ${message} (${code})`)
  ]
  return lines.join('\n')
}

/** `thread_list` for people: one line each. */
export function listText (threads: readonly ThreadSummary[]): string {
  if (threads.length === 0) return 'no threads'
  return threads.map((thread) => [
    short(thread.thread), thread.phase.padEnd(9), slotText(thread.slot).padEnd(6), thread.me === null ? 'observer' : `player ${thread.me} of ${thread.players}`,
    thread.waitingFor.length === 0 ? '' : `waits for ${names(thread.waitingFor)}`, thread.warnings === 0 ? '' : `${thread.warnings} warnings`
  ].filter((part) => part !== '').join('  ')).join('\n')
}

/** What became of an input. */
export function receiptText (receipt: Pick<ReceiptJson, 'input' | 'player'> & { [K in keyof ReceiptJson]?: ReceiptJson[K] | undefined }): string {
  const who = `${short(receipt.input)} by player ${receipt.player}`
  if (receipt.slot === undefined) return `${who}: sent`
  const at = `in ${slotText(receipt.slot)}, gas ${receipt.gasUsed ?? 0}`
  if (receipt.success === false) return `${who}: REVERTED ${at}${receipt.reason == null ? '' : `: ${receipt.reason}`}`
  return `${who}: done ${at}, ${receipt.logs?.length ?? 0} logs`
}

/** One event on one line. */
export function eventText (event: NodeEvent): string {
  const head = `${new Date(event.timeMs).toISOString().slice(11, 23)} ${event.thread === null ? '-' : short(event.thread)}`
  return `${head} ${eventWords(event)}`
}

function eventWords (event: NodeEvent): string {
  switch (event.type) {
    case 'input': return `input      ${short(event.input)} from player ${event.player}, ${event.bytes} bytes`
    case 'proposal': return `proposal   ${slotText(event.slot)} ${event.kind} ${short(event.hash)} by player ${event.proposer}: ${event.inputs.length} inputs, ${event.bytes} bytes`
    case 'ack': return `signature  ${slotText(event.slot)} ${short(event.hash)} by player ${event.signer}: ${event.signed.length}/${event.of}`
    case 'breakpoint': {
      const inputs = event.inputs.map((input) => `\n             ${receiptText(input)}`).join('')
      return `BREAKPOINT ${slotText(event.slot)} ${short(event.hash)}: ${event.signatures.length} signatures, ${event.elapsedMs} ms, ${event.bytes} bytes${inputs}`
    }
    case 'chain': return `chain      ${event.event} in block ${event.blockNumber}${event.slot === null ? '' : ` at ${slotText(event.slot)}`}${event.endsAtSec === null ? '' : `, ends ${timeText(event.endsAtSec)}`} (${event.phase})`
    case 'peer': return `peer       ${event.id} ${event.connected ? 'connected' : 'gone'}${event.player === null ? '' : `: player ${event.player}`}`
    case 'warning': return `WARNING    ${event.message} (${event.code})`
    case 'evidence': return `EVIDENCE   player ${event.signer} signed ${event.contents.length} contents of ${slotText(event.slot)}`
  }
}
