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
  { name: 'values before a stop are not proved', file: 'judge/Judge.sol', right: 'newRoot(t, case_.stateRoot);\n        if (refused)', wrong: 'if (refused)', tests: HOSTILE },
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

const WAITS = ['machine/judged-routine']
/** Routines: what is resumed, closed, sent and settled (specification §11). */
const ROUTINE: readonly Mutant[] = [
  { name: 'whoever sends resumes', file: 'judge/Routine.sol', right: ' || !isMover(machine, case_.wallet)', wrong: '', tests: WAITS },
  { name: 'only the first mover resumes', file: 'judge/Routine.sol', right: 'let end := add(word, shl(5, mul(gt(size, 0), byte(4, mload(payload)))))', wrong: 'let end := add(word, 32)', tests: ['machine/judged-routine-examples'] },
  { name: 'a resume with data of any length', file: 'judge/Routine.sol', right: 'tx_.dataSize > MAX_RESUME_DATA || !isMover', wrong: '!isMover', tests: WAITS },
  { name: 'what is not waited for is refused unproved', file: 'judge/Judge.sol', right: 'bool isFinal = !refused && ask(t, interpreter);', wrong: 'if (refused) refuse(case_, tx_);\n        bool isFinal = ask(t, interpreter);', tests: WAITS },
  { name: 'what is sent ends at 1,023 bytes', file: 'judge/Routine.sol', right: 'uint256 constant MAX_RESUME_DATA = 1024;', wrong: 'uint256 constant MAX_RESUME_DATA = 1023;', tests: WAITS },
  { name: 'other players than the case has', file: 'judge/Routine.sol', right: 'if (shows != 0 && shown != case_.players) revert IJudge.OtherPlayers(shown, case_.players);', wrong: '', tests: WAITS },
  { name: 'a routine that waits is open', file: 'judge/Routine.sol', right: 'mstore(sub(message, CLOSED_AT), routine)', wrong: 'mstore(sub(message, CLOSED_AT), and(routine, 0))', tests: WAITS },
  { name: 'a settlement may suspend', file: 'judge/Routine.sol', right: 'if (suspends != 0 && tx_.signer == address(0)) suspends = NOWHERE;', wrong: '', tests: WAITS },
  { name: 'in a settlement a breakpoint is a log', file: 'judge/Routine.sol', right: 'suspends = NOWHERE;', wrong: 'suspends = 0;', tests: WAITS },
  { name: 'what is sent comes from nobody', file: 'judge/Routine.sol', right: 'mstore(at, from)', wrong: 'mstore(at, and(from, 0))', tests: WAITS },
  { name: 'what is sent has no value', file: 'judge/Routine.sol', right: 'mstore(add(at, 0x20), value)', wrong: 'mstore(add(at, 0x20), and(value, 0))', tests: WAITS },
  { name: 'what is sent has no time', file: 'judge/Routine.sol', right: 'mstore(add(at, 0x40), time)', wrong: 'mstore(add(at, 0x40), and(time, 0))', tests: WAITS },
  { name: 'what was sent stays', file: 'judge/Routine.sol', right: 'if (codeHashAt(entry) != EMPTY_HASH) setCodeHash(entryOf(t, tables, INPUT_ADDRESS), EMPTY_HASH);', wrong: '', tests: WAITS },
  { name: 'a routine that has ended waits on', file: 'judge/Routine.sol', right: 'if (ended == 1) setCodeHash(entry, EMPTY_HASH);', wrong: '', tests: WAITS },
  { name: 'a resume that failed ends it', file: 'judge/Routine.sol', right: 'if (ended == 1) setCodeHash(entry, EMPTY_HASH);', wrong: 'if (ended < 2) setCodeHash(entry, EMPTY_HASH);', tests: WAITS },
  { name: 'what waits now is not written down', file: 'judge/Routine.sol', right: 'if (ended == SUSPENDED) setCodeHash(entry, takeMachine(t));', wrong: 'if (ended == SUSPENDED) takeMachine(t);', tests: WAITS },
  { name: 'the machine is return data', file: 'judge/Routine.sol', right: 'mstore(size, 0)\n', wrong: 'pop(size)\n', tests: WAITS },
  { name: 'the last mover is nobody', file: 'judge/Routine.sol', right: 'gt(askedSize, 35)', wrong: 'gt(askedSize, 1035)', tests: WAITS },
  { name: "a breakpoint's data do not settle", file: 'judge/Routine.sol', right: 'mstore(add(place, size), rest)', wrong: 'mstore(add(place, size), and(rest, 0))', tests: WAITS },
  { name: 'a routine ends like a failure', file: 'judge/Judge.sol', right: 'verdict.success = answerAt(t, 1) != 0;', wrong: 'verdict.success = answerAt(t, 1) == 1;', tests: WAITS }
]

/** All faults around the interpreter. */
export const JUDGE_MUTANTS: readonly Mutant[] = [...TRIAL, ...TRANSACTION, ...STATE, ...ROUTINE]

const SUSPENDS = ['machine/judge-routine']
/** Routines as compilers make them, which compare what waits field by field. */
const GENERATED = ['machine/judged-routine-solidity']
/** The interpreter at a BREAKPOINT. */
export const SUSPENDING_MUTANTS: readonly Mutant[] = [
  { name: 'a frame of any contract suspends', file: 'judge/Suspending.sol', right: 'xor(mload(ADDRESS), mload(SUSPENDS))', wrong: '0', tests: SUSPENDS },
  { name: 'an inner frame suspends', file: 'judge/Suspending.sol', right: 'xor(mload(DEPTH), 1)', wrong: '0', tests: SUSPENDS },
  { name: 'a creation suspends', file: 'judge/Suspending.sol', right: 'or(mload(CREATES), gt(length, MAX_MACHINE))', wrong: 'gt(length, MAX_MACHINE)', tests: SUSPENDS },
  { name: 'a machine of 16,385 bytes', file: 'judge/Suspending.sol', right: 'gt(length, MAX_MACHINE)', wrong: 'gt(length, add(MAX_MACHINE, 1))', tests: SUSPENDS },
  { name: 'a machine of 16,384 bytes is too large', file: 'judge/Suspending.sol', right: 'gt(length, MAX_MACHINE)', wrong: 'gt(length, sub(MAX_MACHINE, 1))', tests: SUSPENDS },
  { name: 'no movers', file: 'judge/Suspending.sol', right: 'gt(sub(movers, 1), sub(MAX_MOVERS, 1))', wrong: 'gt(movers, MAX_MOVERS)', tests: SUSPENDS },
  { name: 'seventeen movers', file: 'judge/Suspending.sol', right: 'gt(sub(movers, 1), sub(MAX_MOVERS, 1))', wrong: 'iszero(movers)', tests: SUSPENDS },
  { name: 'any data', file: 'judge/Suspending.sol', right: 'gt(sub(size, add(PAYLOAD_HEAD, shl(5, movers))), MAX_PAYLOAD_DATA)', wrong: '0', tests: SUSPENDS },
  { name: 'any mover', file: 'judge/Suspending.sol', right: 'bad := or(bad, eq(player, playersEnd))', wrong: '', tests: SUSPENDS },
  { name: 'the memory is paid for again', file: 'judge/Suspending.sol', right: 'mstore(MEMORY_SIZE, memory_)', wrong: '', tests: SUSPENDS },
  { name: 'any height of the stack', file: 'judge/Suspending.sol', right: 'wrong := or(gt(height, MAX_STACK), gt(next, mload(CODE_SIZE)))', wrong: 'wrong := gt(next, mload(CODE_SIZE))', tests: SUSPENDS },
  { name: 'any pc', file: 'judge/Suspending.sol', right: 'wrong := or(gt(height, MAX_STACK), gt(next, mload(CODE_SIZE)))', wrong: 'wrong := gt(height, MAX_STACK)', tests: SUSPENDS },
  { name: 'the room of the stack is what it was', file: 'judge/Suspending.sol', right: 'sub(ONE_ITEM, shl(ROOM_SHIFT, 1))', wrong: 'ONE_ITEM', tests: SUSPENDS },
  { name: 'another topic suspends', file: 'judge/opcodes/Data.sol', right: 'and(eq(mload(and(s, SP_MASK)), topic), gt(mload(SUSPENDS), 0))', wrong: 'gt(mload(SUSPENDS), topic)', tests: SUSPENDS },
  { name: 'a breakpoint suspends everywhere', file: 'judge/opcodes/Data.sol', right: 'and(eq(mload(and(s, SP_MASK)), topic), gt(mload(SUSPENDS), 0))', wrong: 'eq(mload(and(s, SP_MASK)), topic)', tests: SUSPENDS },
  { name: 'what is closed is not read either', file: 'judge/Frames.sol', right: 'closed := and(eq(mload(NEXT_ADDRESS), mload(CLOSED)), iszero(mload(NEXT_STATIC)))', wrong: 'closed := eq(mload(NEXT_ADDRESS), mload(CLOSED))', tests: SUSPENDS },
  { name: 'nothing is closed', file: 'judge/Frames.sol', right: 'if (code != 0 && (closed || isBeyondLimits', wrong: 'if (code != 0 && (isBeyondLimits', tests: SUSPENDS },
  { name: 'who resumes is the caller', file: 'judge/Loading.sol', right: 'mstore(NEXT_CALLER, calldataload(add(machine, 32)))', wrong: '', tests: SUSPENDS },
  { name: 'what a resume pays is the value', file: 'judge/Loading.sol', right: 'mstore(NEXT_VALUE, calldataload(add(machine, 64)))', wrong: '', tests: SUSPENDS },
  { name: 'what waits begins at its LOG1', file: 'judge/Suspending.sol', right: 'sub(shr(PC_SHIFT, s), mload(CODE_AT))', wrong: 'sub(shr(PC_SHIFT, s), add(mload(CODE_AT), 1))', tests: GENERATED },
  { name: 'what waits lacks the top of its stack', file: 'judge/Suspending.sol', right: 'mcopy(place, sub(and(s, SP_MASK), stack), stack)', wrong: 'mcopy(place, sub(and(s, SP_MASK), stack), sub(stack, 32))', tests: GENERATED },
  { name: 'what waits lacks the end of its memory', file: 'judge/Suspending.sol', right: 'mcopy(place, mload(MEMORY_AT), memory_)', wrong: 'mcopy(place, mload(MEMORY_AT), sub(memory_, 32))', tests: GENERATED },
  { name: 'what goes on has the memory of a byte less', file: 'judge/Suspending.sol', right: 'calldatacopy(mload(MEMORY_AT), add(machine, shl(5, height)), memory_)', wrong: 'calldatacopy(mload(MEMORY_AT), add(add(machine, 1), shl(5, height)), memory_)', tests: GENERATED },
  { name: 'what goes on pays for a word of its memory again', file: 'judge/Suspending.sol', right: 'mstore(MEMORY_SIZE, memory_)', wrong: 'mstore(MEMORY_SIZE, sub(memory_, 32))', tests: GENERATED }
]
