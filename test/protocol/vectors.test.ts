/** The shared vectors: written without this project's code (by ethers alone), so that they can also be held against the court's. */
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { sign } from '../../src/protocol/crypto.js'
import { bindInput, decodeInput, inputsRoot, intrinsicGas } from '../../src/protocol/input.js'
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest, type SyncAnswer, type SyncRequest } from '../../src/protocol/sync.js'
import { decodeCertificate, encodeCertificate } from '../../src/protocol/certificate-codec.js'
import { contractAddressOf, decodeTerms, encodeTerms, payeesOf, potOf, scaleOf, termsHashOf, threadChainId, threadIdOf } from '../../src/protocol/terms.js'
import { checkTerms } from '../../src/protocol/check-terms.js'
import {
  acceptDigest, breakpointDigest, breakpointHash, closeDigest, closeHash, closeRequestDigest, digestOf, domainSeparator, forceDigest, idleDigest, inputDigest, joinDigest,
  resultDigest, toldDigest
} from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Close, Domain, Hash32, Hex, Input, InputTransaction, Terms, ThreadId } from '../../src/protocol/types.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/protocol/wire.js'

const test = suite('vectors')
const vectors = JSON.parse(await readFile(new URL('../../../test/vectors/protocol.json', import.meta.url), 'utf8'))
/** Everything but the terms is for this one: an id like any. */
const thread: ThreadId = vectors.thread
const domain: Domain = { chainId: BigInt(vectors.domain.chainId), court: vectors.domain.court as Address }
const terms = termsOf(vectors.terms)
const context = { thread, terms, domain }

test('terms have the encoding, hash, id, chain id and contract address of the vectors', () => {
  checkTerms(terms)
  assert.is(bytesToHex(encodeTerms(terms)), vectors.encodedTerms)
  assert.equal(decodeTerms(hexToBytes(vectors.encodedTerms)), terms)
  assert.is(termsHashOf(terms), vectors.termsHash)
  assert.is(threadIdOf(terms, domain), vectors.idOfTerms)
  assert.is(threadChainId(thread).toString(), vectors.threadChainId)
  assert.is(contractAddressOf(thread, domain.court), vectors.contract)
  assert.is(scaleOf(terms).toString(), vectors.scale)
  assert.is(potOf(terms).toString(), vectors.pot)
  assert.equal(payeesOf(terms), [...vectors.terms.players, vectors.terms.oracle])
})

test('every signed struct has the hash, digest and signature of the vectors', () => {
  const { signed } = vectors
  const digests: Record<string, Uint8Array> = {
    accept: acceptDigest({ thread, feeUnits: BigInt(signed.accept.value.fee), bondWei: BigInt(signed.accept.value.bond) }, domain),
    breakpoint: breakpointDigest(breakpointOf(signed.breakpoint.value), domain),
    close: closeDigest(closeOf(signed.close.value), domain),
    closeRequest: closeRequestDigest(closeOf({ epoch: '0', nonce: '0', ...signed.closeRequest.value }), domain),
    force: forceDigest({ ...signed.force.value, dispute: BigInt(signed.force.value.dispute), timestampSec: BigInt(signed.force.value.timestamp) }, domain),
    idle: idleDigest({ thread, ...slotOf(signed.idle.value), timestampSec: BigInt(signed.idle.value.timestamp) }, domain),
    join: joinDigest(signed.join.value, domain),
    result: resultDigest({ ...signed.result.value, feeWei: BigInt(signed.result.value.fee) }, domain),
    told: toldDigest({ ...signed.told.value, slot: slotOf(signed.told.value) }, domain),
    toldNothing: toldDigest({ ...signed.toldNothing.value, slot: undefined }, domain)
  }
  assert.equal(Object.keys(digests).sort(), Object.keys(signed).sort())
  for (const [name, digest] of Object.entries(digests)) {
    assert.is(bytesToHex(digest), signed[name].digest, name)
    assert.is(bytesToHex(digestOf(signed[name].struct, domain)), signed[name].digest, name)
    assert.is(bytesToHex(sign(digest, hexToBytes(signed[name].privateKey))), signed[name].signature, name)
  }
  assert.is(domainSeparator(domain), vectors.domain.separator)
  assert.is(breakpointHash(breakpointOf(signed.breakpoint.value)), signed.breakpoint.struct)
  assert.is(closeHash(closeOf(signed.close.value)), signed.close.struct)
})

test('an input of each transaction type is read with the fields, leaf and gas of the vectors', () => {
  const inputs: Input[] = []
  for (const [name, vector] of Object.entries<typeof vectors.inputs.legacy>(vectors.inputs)) {
    const input = decodeInput({ raw: hexToBytes(vector.raw), binding: hexToBytes(vector.binding) }, context)
    assert.is(input.id, vector.id, name)
    assert.is(input.leaf, vector.leaf, name)
    assert.is(input.player, vector.player, name)
    assert.equal(input.tx, transactionOf(vector.tx), name)
    assert.is(intrinsicGas(input.tx).toString(), vector.intrinsicGas, name)
    assert.is(bytesToHex(inputDigest(thread, input.id, domain)), vector.inputDigest, name)
    assert.is(bytesToHex(bindInput(input.raw, hexToBytes(vector.sessionKey), context).binding), vector.binding, name)
    inputs.push(input)
  }
  assert.is(inputsRoot(inputs), vectors.inputsRoot)
  assert.is(inputsRoot([]), vectors.emptyInputsRoot)
})

test('each message is read from the bytes of the vectors and written as the same', () => {
  const seen = new Map<string, Message>()
  for (const [name, hex] of Object.entries<Hex>(vectors.messages)) {
    const message = decodeMessage(hexToBytes(hex))
    assert.is(bytesToHex(encodeMessage(message)), hex, name)
    assert.is(message.thread, thread)
    seen.set(name, message)
  }
  const { breakpoint, close, told } = vectors.signed
  const signatureOf = (name: string): Uint8Array => hexToBytes(vectors.signed[name].signature)
  const legacy = { raw: hexToBytes(vectors.inputs.legacy.raw), binding: hexToBytes(vectors.inputs.legacy.binding) }
  assert.equal(seen.get('input'), { kind: 'input', attempt: 0, thread, timestampHintSec: 1700000001n, input: legacy })
  const proposal = seen.get('proposal')
  assert.ok(proposal?.kind === 'proposal')
  assert.equal(proposal.breakpoint, breakpointOf(breakpoint.value))
  assert.equal(proposal.inputs[0], legacy)
  assert.is(proposal.inputs.length, 4)
  assert.equal(seen.get('ack'), {
    kind: 'ack', attempt: 65536, thread, ...slotOf(breakpoint.value), hash: breakpoint.struct, signer: 1, signature: hexToBytes(vectors.ackSignature)
  })
  assert.equal(seen.get('closeProposal'), { kind: 'closeProposal', attempt: 2, thread, close: closeOf(close.value), proposer: 0, signature: signatureOf('close') })
  assert.equal(seen.get('idle'), { kind: 'idle', attempt: 3, thread, epoch: 2n, nonce: 8n, timestampSec: 1700000009n, signer: 0, signature: signatureOf('idle') })
  assert.equal(seen.get('closeRequest'), {
    kind: 'closeRequest', attempt: 4, thread, parent: close.value.parent, payouts: close.value.payouts.map(BigInt), asker: 1, signature: signatureOf('closeRequest')
  })
  assert.equal(seen.get('plan'), {
    kind: 'plan', attempt: 5, thread, parent: breakpoint.value.parent, timestampSec: 1700000000n, ids: [vectors.inputs.legacy.id, vectors.inputs.accessList.id]
  })
  assert.equal(seen.get('ask'), { kind: 'ask', attempt: 6, thread, asker: 1, challenge: told.value.challenge })
  const answer = { kind: 'told', thread, asker: 1, challenge: told.value.challenge, signer: 0 }
  assert.equal(seen.get('told'), { ...answer, attempt: 7, slot: { epoch: 2n, nonce: 6n }, signature: signatureOf('told') })
  assert.equal(seen.get('toldNothing'), { ...answer, attempt: 4294967295, slot: undefined, signature: signatureOf('toldNothing') })
})

test('certificates, sync requests and answers have the bytes of the vectors', () => {
  const certificate = decodeCertificate(hexToBytes(vectors.certificate), thread)
  assert.equal(certificate.breakpoint, breakpointOf(vectors.signed.breakpoint.value))
  assert.is(bytesToHex(encodeCertificate(certificate)), vectors.certificate)

  const requests: Record<string, SyncRequest> = {
    statusRequest: { kind: 'status', thread },
    rangeRequest: { kind: 'range', thread, from: { epoch: 2n, nonce: 5n }, limit: 64 },
    peersRequest: { kind: 'peers' }
  }
  const answers: Record<string, SyncAnswer> = {
    statusAnswer: { kind: 'status', head: { epoch: 2n, nonce: 7n }, messages: [hexToBytes(vectors.messages.closeProposal)] },
    emptyStatusAnswer: { kind: 'status', head: undefined, messages: [] },
    rangeAnswer: { kind: 'range', certificates: [certificate] },
    emptyRangeAnswer: { kind: 'range', certificates: [] },
    peersAnswer: { kind: 'peers', multiaddrs: ['/ip4/127.0.0.1/tcp/4001/ws'] },
    errorAnswer: { kind: 'error', code: 'THREAD_UNKNOWN' }
  }
  assert.equal(Object.keys({ ...requests, ...answers }).sort(), Object.keys(vectors.sync).sort())
  for (const [name, request] of Object.entries(requests)) {
    assert.is(bytesToHex(encodeSyncRequest(request)), vectors.sync[name], name)
    assert.equal(decodeSyncRequest(hexToBytes(vectors.sync[name])), request, name)
  }
  for (const [name, answer] of Object.entries(answers)) {
    assert.is(bytesToHex(encodeSyncAnswer(answer)), vectors.sync[name], name)
    assert.equal(decodeSyncAnswer(hexToBytes(vectors.sync[name])), answer, name)
  }
})

function termsOf (vector: typeof vectors.terms): Terms {
  const { window, timeBank, joinDeadline, ...rest } = vector
  return {
    ...rest,
    deposits: vector.deposits.map(BigInt),
    shares: vector.shares.map(BigInt),
    ctorArg: hexToBytes(vector.ctorArg),
    oracleFee: BigInt(vector.oracleFee),
    windowSec: BigInt(window),
    timeBankSec: BigInt(timeBank),
    gasLimit: BigInt(vector.gasLimit),
    pieceGas: BigInt(vector.pieceGas),
    joinDeadlineSec: BigInt(joinDeadline)
  }
}

function slotOf (vector: { epoch: string, nonce: string }): { epoch: bigint, nonce: bigint } {
  return { epoch: BigInt(vector.epoch), nonce: BigInt(vector.nonce) }
}

function breakpointOf (vector: { epoch: string, nonce: string, parent: Hash32, stateRoot: Hash32, inputsRoot: Hash32, timestamp: string }): Breakpoint {
  return { thread, ...slotOf(vector), parent: vector.parent, stateRoot: vector.stateRoot, inputsRoot: vector.inputsRoot, timestampSec: BigInt(vector.timestamp) }
}

function closeOf (vector: { epoch: string, nonce: string, parent: Hash32, payouts: string[] }): Close {
  return { thread, ...slotOf(vector), parent: vector.parent, payouts: vector.payouts.map(BigInt) }
}

function transactionOf (vector: typeof vectors.inputs.legacy.tx): InputTransaction {
  return {
    type: vector.type,
    nonce: BigInt(vector.nonce),
    gasLimit: BigInt(vector.gasLimit),
    gasPriceWei: BigInt(vector.gasPrice),
    maxFeePerGasWei: BigInt(vector.maxFeePerGas),
    to: vector.to ?? undefined,
    valueWei: BigInt(vector.value),
    data: hexToBytes(vector.data),
    accessList: vector.accessList
  }
}

test.run()
