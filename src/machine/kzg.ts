/**
 * The check behind precompile 0x0a (EIP-4844): a KZG proof that a committed polynomial has value y at z. The EVM refuses to run without
 * one, and any player may call any precompile. Only this check is needed, so there is no 400 KB trusted setup here but its one point.
 */
import type { CustomCrypto } from '@ethereumjs/common'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { ThreadsError } from '../errors.js'

const G1 = bls12_381.G1.Point
const G2 = bls12_381.G2.Point
const ORDER = bls12_381.fields.Fr.ORDER

/** τ·G2 of Ethereum's ceremony: `g2_monomial[1]` of the consensus specification's trusted setup. */
const TAU = G2.fromHex(
  'b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72' +
  '185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2')

/**
 * True when the proof holds: e(C − y·G1, G2) = e(π, τ·G2 − z·G2). All four are 0x hex.
 * False for scalars that are not below the order.
 * @throws when a point is not on the curve and in its subgroup; the precompile fails then too
 */
function verifyProof (commitment: string, z: string, y: string, proof: string): boolean {
  if (BigInt(y) >= ORDER || BigInt(z) >= ORDER) return false
  const left = pointOf(commitment).subtract(G1.BASE.multiplyUnsafe(BigInt(y)))
  const right = TAU.subtract(G2.BASE.multiplyUnsafe(BigInt(z)))
  const pairs = [{ g1: left, g2: G2.BASE.negate() }, { g1: pointOf(proof), g2: right }]
    .filter(({ g1, g2 }) => !g1.is0() && !g2.is0())
  const { Fp12 } = bls12_381.fields
  return pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE)
}

function pointOf (hex: string): InstanceType<typeof G1> {
  const point = G1.fromHex(hex.slice(2))
  point.assertValidity()
  return point
}

function notHere (): never {
  throw new ThreadsError('MACHINE_INTERNAL', 'the EVM asked for blob work, which no opcode needs')
}

/** What @ethereumjs/common takes as its KZG library; only the precompile's check is ever called. */
export const verifyPointEvaluation: NonNullable<CustomCrypto['kzg']> = {
  verifyProof,
  blobToKzgCommitment: notHere,
  computeBlobProof: notHere,
  verifyBlobProofBatch: notHere,
  computeCells: notHere,
  computeCellsAndProofs: notHere,
  recoverCellsAndProofs: notHere,
  verifyCellKzgProofBatch: notHere
}
