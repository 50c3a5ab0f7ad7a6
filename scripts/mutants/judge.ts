/** Faults of what stands around the interpreter: the transaction, the witness, the outcome. (Those of the interpreter: scripts/conformance/faults.ts.) */
import type { Mutant } from './mutant.js'

/** What no thread comes near. */
const EDGES = ['contracts/edges']
const RAW = ['machine/judge-transaction', 'machine/judgement']
const HOSTILE = ['machine/judge-hostile', 'machine/judgement']
const OUTCOME = ['machine/judgement', 'machine/judge-transaction', 'machine/judge-hostile']

/** The judge and the trial. (A price of `tip` alone in `priceOf` is no fault where the base fee is 0, as in threads: no tip is above its cap.) */
const TRIAL: readonly Mutant[] = [
  { name: 'an input of any length', file: 'judge/Judge.sol', right: 'if (raw.length > case_.inputLimit) revert InputTooLong(raw.length, case_.inputLimit);', wrong: '', tests: OUTCOME },
  { name: "a wallet's own signature is none", file: 'judge/Judge.sol', right: '(tx_.signer != case_.wallet && tx_.signer != case_.sessionKey)', wrong: 'tx_.signer != case_.sessionKey', tests: OUTCOME },
  { name: 'anybody signs', file: 'judge/Judge.sol', right: 'if (tx_.signer == address(0) || (tx_.signer != case_.wallet && tx_.signer != case_.sessionKey)) revert NotTheSigner(tx_.signer);', wrong: '', tests: RAW },
  { name: 'gas below what the input costs at once', file: 'judge/Judge.sol', right: 'if (tx_.gasLimit < tx_.intrinsic) revert GasLimitTooLow(tx_.gasLimit, tx_.intrinsic);', wrong: '', tests: OUTCOME },
  { name: 'a judgement goes on from another machine', file: 'judge/Judge.sol', right: 'if (presented != case_.paused) revert OtherMachine(presented, case_.paused);', wrong: 'presented;', tests: HOSTILE },
  { name: 'values before a stop are not proved', file: 'judge/Judge.sol', right: 'newRoot(t, case_.stateRoot);\n        pause(', wrong: 'pause(', tests: HOSTILE },
  { name: 'values of another state', file: 'judge/Judge.sol', right: 'if (proven != stateRoot) revert OtherRoot(proven, stateRoot);', wrong: 'stateRoot;', tests: HOSTILE },
  { name: 'bytes behind what goes on', file: 'judge/Judge.sol', right: 'if (accountCount(t) + slotCount(t) != 0 || t.pos != t.end) revert BadWitness(6);', wrong: '', tests: HOSTILE },
  { name: 'gas that is left is not paid back', file: 'judge/Judge.sol', right: '(tx_.gasLimit - gasUsed) * tx_.price', wrong: '0 * tx_.price', tests: OUTCOME },
  { name: 'a nonce twice', file: 'judge/Trial.sol', right: 'if (tx_.nonce != nonce) revert IJudge.WrongNonce(tx_.nonce, nonce);', wrong: '', tests: OUTCOME },
  { name: "gas above the thread's limit", file: 'judge/Trial.sol', right: 'if (tx_.gasLimit > case_.gasLimit) revert IJudge.GasLimitTooHigh(tx_.gasLimit, case_.gasLimit);', wrong: '', tests: OUTCOME },
  { name: 'init code of any length', file: 'judge/Trial.sol', right: 'if (tx_.creates && tx_.dataSize > MAX_INITCODE_SIZE) revert IJudge.InitCodeTooLong(tx_.dataSize, MAX_INITCODE_SIZE);', wrong: '', tests: EDGES },
  { name: 'who cannot pay', file: 'judge/Trial.sol', right: '|| (tx_.gasLimit != 0 && tx_.cap > (balance_ - tx_.value) / tx_.gasLimit)', wrong: '', tests: OUTCOME },
  { name: 'the nonce stays', file: 'judge/Trial.sol', right: 'mstore(add(sender, NONCE_FIELD), add(nonce, 1))', wrong: 'mstore(add(sender, NONCE_FIELD), nonce)', tests: OUTCOME },
  { name: 'a machine is of any input', file: 'judge/Trial.sol', right: 'mstore(add(place, add(0x20, CASE_SIZE)), subject)', wrong: 'mstore(add(place, add(0x20, CASE_SIZE)), 0)', tests: HOSTILE },
  { name: 'a machine is of any case', file: 'judge/Trial.sol', right: 'mstore(0x20, caseHash)', wrong: 'mstore(0x20, 0)', tests: HOSTILE },
  { name: 'the access list warms no account', file: 'judge/Trial.sol', right: 'if named { mstore(add(entry, FLAGS_FIELD), WARM) }', wrong: '', tests: EDGES },
  { name: 'the access list warms no slot', file: 'judge/Trial.sol', right: 'if (named) warmSlots(keyAt, keyEnd, slot, next);', wrong: '', tests: OUTCOME }
]

/** The raw transaction. */
const TRANSACTION: readonly Mutant[] = [
  { name: 'signed for every chain', file: 'judge/Transaction.sol', right: 'if (v < 35) revert IJudge.UnknownType(0);', wrong: '', tests: RAW },
  { name: 'signed for another thread', file: 'judge/Transaction.sol', right: 'if (signedFor != expected) revert IJudge.WrongChain(signedFor, expected);', wrong: '', tests: HOSTILE },
  { name: 'a tip above the cap', file: 'judge/Transaction.sol', right: 'if (tx_.tip > tx_.cap) revert IJudge.BadField(2);', wrong: '', tests: RAW },
  { name: 'a parity of two bits', file: 'judge/Transaction.sol', right: 'if (parity > 1) revert IJudge.BadField(fields.field - 1);', wrong: '', tests: RAW },
  { name: 'malleable inputs', file: 'judge/Transaction.sol', right: 'if (s > HALF_ORDER) revert IJudge.HighS();', wrong: '', tests: RAW },
  { name: 'fields behind the signature', file: 'judge/Transaction.sol', right: 'if (fields.pos != fields.end) revert IJudge.TrailingBytes();', wrong: '', tests: RAW },
  { name: 'a recipient of any length', file: 'judge/Transaction.sol', right: 'if (size != 0 && size != 20) revert IJudge.BadField(fields.field - 1);', wrong: '', tests: RAW },
  { name: 'data are cheap', file: 'judge/Transaction.sol', right: '4 * size + 12 * nonZeroBytes', wrong: '4 * size + 11 * nonZeroBytes', tests: OUTCOME },
  { name: 'what lies behind the data is paid, too', file: 'judge/Transaction.sol', right: 'if lt(rest, 32) {', wrong: 'if lt(rest, 0) {', tests: OUTCOME },
  { name: 'keys are cheap', file: 'judge/Transaction.sol', right: '2400 + 1900 *', wrong: '2400 + 1800 *', tests: OUTCOME },
  { name: 'init code is cheap', file: 'judge/Transaction.sol', right: '32000 + 2 * ((size + 31) / 32)', wrong: '32000', tests: OUTCOME },
  { name: 'keys of any form', file: 'judge/Transaction.sol', right: 'if (prefix != KEY_ITEM) revert IJudge.BadField(WHOLE);', wrong: '', tests: RAW },
  { name: 'more in an entry than address and keys', file: 'judge/Transaction.sol', right: '|| keyEnd != next ', wrong: '', tests: RAW },
  { name: 'a long form for what is short', file: 'judge/Rlp.sol', right: 'bad := or(iszero(first), lt(size, 56))', wrong: 'bad := iszero(first)', tests: RAW },
  { name: 'a size with leading zeros', file: 'judge/Rlp.sol', right: 'bad := or(iszero(first), lt(size, 56))', wrong: 'bad := lt(size, 56)', tests: RAW },
  { name: 'a prefix for a small byte', file: 'judge/Rlp.sol', right: 'default { bad := and(eq(prefix, 0x81), lt(byte(1, word), 0x80)) }', wrong: 'default {}', tests: RAW },
  { name: 'an item beyond its list', file: 'judge/Rlp.sol', right: 'gt(add(start, size), end)', wrong: '0', tests: RAW },
  { name: 'a number with leading zeros', file: 'judge/Rlp.sol', right: 'gt(byte(1, word), mul(eq(size, 1), 0x7f))', wrong: '1', tests: RAW },
  { name: 'a number of any size', file: 'judge/Rlp.sol', right: 'iszero(gt(size, most))', wrong: '1', tests: RAW },
  { name: 'bytes behind the transaction', file: 'judge/Rlp.sol', right: 'if (start + size != end) revert IJudge.TrailingBytes();', wrong: '', tests: RAW }
]

/** What is shown of the state, and what becomes of it. */
const STATE: readonly Mutant[] = [
  { name: 'a slot too few', file: 'judge/Witness.sol', right: 'if (slot != slotsEnd) revert IJudge.BadWitness(4);', wrong: '', tests: HOSTILE },
  { name: 'a witness beyond its end', file: 'judge/Witness.sol', right: 'if (t.pos > t.end) revert IJudge.BadWitness(0);', wrong: '', tests: HOSTILE },
  { name: 'an empty account has a leaf', file: 'judge/Witness.sol', right: 'if iszero(or(or(nonce, balance_), xor(hash, EMPTY_HASH))) { value := 0 }', wrong: '', tests: OUTCOME },
  { name: 'precompiles are cold', file: 'judge/Witness.sol', right: 'lt(sub(account, 1), LAST_PRECOMPILE)', wrong: '0', tests: OUTCOME },
  { name: 'a value beyond the code', file: 'judge/Witness.sol', right: 'if (room >> 255 != 0) revert IJudge.BadWitness(3);', wrong: 'room;', tests: ['machine/code-reference', ...HOSTILE] },
  { name: 'the refund is half', file: 'judge/Outcome.sol', right: 'uint256 constant REFUND_QUOTIENT = 5;', wrong: 'uint256 constant REFUND_QUOTIENT = 2;', tests: OUTCOME },
  { name: 'no refund', file: 'judge/Outcome.sol', right: 'return spent - (refund < most ? refund : most);', wrong: 'return spent - (refund < most ? 0 : most);', tests: OUTCOME },
  { name: "a machine's accounts are others", file: 'judge/Outcome.sol', right: 'if (other) revert IJudge.BadWitness(5);', wrong: 'other;', tests: HOSTILE },
  { name: 'the coinbase need not be there', file: 'judge/Outcome.sol', right: 'if (!paid) revert IInterpreter.MissingAccount(address(uint160(cast.coinbase)));', wrong: 'paid;', tests: OUTCOME },
  { name: 'what was destroyed stays', file: 'judge/Outcome.sol', right: 'if or(isEmpty, and(mload(add(entry, FLAGS_FIELD)), DESTROYED)) { value := 0 }', wrong: 'if isEmpty { value := 0 }', tests: OUTCOME },
  { name: 'slots outlive their account', file: 'judge/Outcome.sol', right: 'mul(mload(add(slot, CURRENT_FIELD)), iszero(and(mload(add(entry, FLAGS_FIELD)), DESTROYED)))', wrong: 'mload(add(slot, CURRENT_FIELD))', tests: OUTCOME },
  { name: 'a failure of the interpreter is a result', file: 'judge/Outcome.sol', right: 'if iszero(succeeded) {', wrong: 'if 0 {', tests: HOSTILE },
  { name: 'no answer is one', file: 'judge/Outcome.sol', right: 'answered := gt(size, 3)', wrong: 'answered := 1', tests: HOSTILE }
]

/** All faults around the interpreter. */
export const JUDGE_MUTANTS: readonly Mutant[] = [...TRIAL, ...TRANSACTION, ...STATE]
