/** Faults that an interpreter may have: one place in the sources each, and what stands there instead. They are never compiled into what is used. */

/** A fault. `right` occurs once in contracts/judge/<file>. */
export type Fault = { readonly name: string, readonly file: string, readonly right: string, readonly wrong: string }

/** Gas and refunds. */
const GAS: readonly Fault[] = [
  { name: 'a cleared slot refunds 5,000', file: 'opcodes/Data.sol', right: 'if iszero(value) { total := add(total, 4800) }', wrong: 'if iszero(value) { total := add(total, 5000) }' },
  { name: 'a refund is not taken back', file: 'opcodes/Data.sol', right: 'if iszero(current) { total := sub(total, 4800) }', wrong: '' },
  { name: 'no refund for a slot that is reset', file: 'opcodes/Data.sol', right: 'total := add(total, 2800)', wrong: 'total := add(total, 0)' },
  { name: 'no refund for a new slot that is reset', file: 'opcodes/Data.sol', right: 'if iszero(original) { total := add(total, 17100) }', wrong: '' },
  { name: 'SSTORE within the stipend', file: 'opcodes/Data.sol', right: 'gasOf(s) <= 2300', wrong: 'gasOf(s) < 2300' },
  { name: 'a callee gets all gas', file: 'opcodes/Flow.sol', right: 'gasLimit := sub(gasLimit, shr(6, gasLimit))', wrong: 'gasLimit := sub(gasLimit, shr(7, gasLimit))' },
  { name: 'a creation gets all gas', file: 'opcodes/Flow.sol', right: 'gasLimit -= gasLimit >> 6;', wrong: '' },
  { name: 'memory is rounded down', file: 'Meter.sol', right: 'let words := shr(5, add(add(offset, size), 31))', wrong: 'let words := shr(5, add(add(offset, size), 30))' },
  { name: 'a copy is paid by words rounded down', file: 'Meter.sol', right: '((size + 31) >> 5) * perWord', wrong: '((size + 30) >> 5) * perWord' },
  { name: 'EXP is paid by bits of eight rounded down', file: 'opcodes/Arithmetic.sol', right: '{ cost := add(cost, 50) }', wrong: '{ if shr(8, rest) { cost := add(cost, 50) } }' },
  { name: 'no money for a new account', file: 'opcodes/Flow.sol', right: 'wealth != 0 && isDead(entry) ? 25000 : 0', wrong: 'isDead(entry) ? 25000 : 0' }
]

/** What a revert takes back, and what it does not. */
const JOURNAL: readonly Fault[] = [
  { name: 'slots stay warm after a revert', file: 'opcodes/Data.sol', right: 'if (!warm) put(entry + SLOT_WARM_FIELD, 1);', wrong: 'if (!warm) assembly { mstore(add(entry, SLOT_WARM_FIELD), 1) }' },
  { name: 'accounts stay warm after a revert', file: 'World.sol', right: 'if (cold) put(entry + FLAGS_FIELD, flags | WARM);', wrong: 'if (cold) assembly { mstore(add(entry, FLAGS_FIELD), or(flags, WARM)) }' },
  { name: 'transient storage outlives a revert', file: 'opcodes/Data.sol', right: 'put(transientFor(slot) + CURRENT_FIELD, value);', wrong: 'uint256 place = transientFor(slot) + CURRENT_FIELD; assembly { mstore(place, value) }' },
  { name: 'refunds outlive a revert', file: 'Frames.sol', right: 'mstore(REFUND, mload(REFUND_MARK))', wrong: '' },
  { name: 'logs outlive a revert', file: 'Frames.sol', right: 'mstore(LOGS_HASH, mload(LOGS_MARK))', wrong: '' },
  { name: 'a failed creation gives the nonce back', file: 'opcodes/Flow.sol', right: 'put(self + NONCE_FIELD, nonce + 1);', wrong: '' },
  { name: 'the account that fails to be created is cold again', file: 'Frames.sol', right: 'warmUp(entry);\n    uint256 payer', wrong: 'uint256 payer' }
]

/** Waiting behind so much gas. */
const PIECES: readonly Fault[] = [
  { name: 'piece: GAS tells what is not hidden', file: 'opcodes/Flow.sol', right: 'and(shr(GAS_SHIFT, add(s, mload(HIDDEN))), COUNT_MASK))', wrong: 'and(shr(GAS_SHIFT, s), COUNT_MASK))' },
  { name: 'piece: the stipend is looked for in what is not hidden', file: 'Meter.sol', right: 'gas_ := and(shr(GAS_SHIFT, add(s, mload(HIDDEN))), COUNT_MASK)', wrong: 'gas_ := and(shr(GAS_SHIFT, s), COUNT_MASK)' },
  { name: 'piece: calls get of what is not hidden', file: 'Meter.sol', right: 't := add(s, mload(HIDDEN)) }', wrong: 't := s }' },
  { name: 'piece: after a call nothing is hidden', file: 'Frames.sol', right: 't := sub(add(add(s, ONE_ITEM), shl(GAS_SHIFT, gasBack)), mload(HIDDEN))', wrong: 't := add(add(s, ONE_ITEM), shl(GAS_SHIFT, gasBack))' },
  { name: 'piece: a charge stops at what is not hidden', file: 'Meter.sol', right: 'if slt(shl(GAS_SIGN, add(t, mload(HIDDEN))), 0)', wrong: 'if slt(shl(GAS_SIGN, t), 0)' },
  { name: 'piece: memory stops at what is not hidden', file: 'Meter.sol', right: 'switch or(slt(shl(GAS_SIGN, add(t, mload(HIDDEN))), 0)', wrong: 'switch or(slt(shl(GAS_SIGN, t), 0)' },
  { name: 'piece: what is left is not given back', file: 'Frames.sol', right: 's := add(s, mload(HIDDEN))\n        let record', wrong: 'let record' },
  { name: 'piece: a halt gives back what is hidden', file: 'Frames.sol', right: 'mstore(HIDDEN, 0)', wrong: '' },
  { name: 'piece: a borrow comes to the pc', file: 'Frames.sol', right: 'add(mload(STACK_AT), shl(HANDLER_SHIFT, 1))', wrong: 'mload(STACK_AT)' },
  { name: 'piece: a saved machine hides nothing', file: 'Loading.sol', right: 's := sub(s, mload(HIDDEN))\n        mstore(PAUSED, 0)', wrong: 'mstore(PAUSED, 0)' },
  { name: 'piece: it waits before what it could still do', file: 'Interpreter.sol', right: 'slt(shl(GAS_SIGN, s), 0)', wrong: 'slt(shl(GAS_SIGN, add(s, meter)), 0)' },
  { name: 'piece: it waits behind its last opcode', file: 'Interpreter.sol', right: 'and(slt(shl(GAS_SIGN, s), 0), lt(sub(shr(PC_SHIFT, s), mload(CODE_AT)), mload(CODE_SIZE)))', wrong: 'slt(shl(GAS_SIGN, s), 0)' },
  { name: 'piece: what is not hidden must do for an opcode', file: 'Interpreter.sol', right: 'and(add(all, meter), GUARDS)', wrong: 'and(add(s, meter), GUARDS)' },
  { name: 'piece: it says that it waits for a log', file: 'Interpreter.sol', right: 'return suspend(s, 0);', wrong: 'return suspend(s, 1);' }
]

/** Single opcodes. */
const OPCODES: readonly Fault[] = [
  { name: 'SLT without sign', file: 'opcodes/Arithmetic.sol', right: 'slt(mload', wrong: 'lt(mload' },
  { name: 'SAR without sign', file: 'opcodes/Arithmetic.sol', right: 'sar(mload', wrong: 'shr(mload' },
  { name: 'BYTE from the other end', file: 'opcodes/Arithmetic.sol', right: 'byte(mload(add(p, 32)), mload(p))', wrong: 'byte(sub(31, mload(add(p, 32))), mload(p))' },
  { name: 'SMOD without sign', file: 'opcodes/Arithmetic.sol', right: 'smod(mload', wrong: 'mod(mload' },
  { name: 'SIGNEXTEND does nothing', file: 'opcodes/Arithmetic.sol', right: 'signextend(mload(add(p, 32)), mload(p))', wrong: 'mload(p)' },
  { name: 'return data may be read beyond its end', file: 'opcodes/Environment.sol', right: 'beyond := or(lt(end, from), gt(end, length))', wrong: 'beyond := lt(end, from)' },
  { name: 'a static call may write storage', file: 'opcodes/Data.sol', right: 'if (isStatic || gasOf(s)', wrong: 'if (gasOf(s)' },
  { name: 'a static call may write transient storage', file: 'opcodes/Data.sol', right: 'function opTSTORE(uint256 s) pure returns (uint256) {', wrong: 'function opTSTORE(uint256 s) pure returns (uint256) {\n    assembly { mstore(STATIC, 0) }' },
  { name: 'a static call may give money', file: 'opcodes/Flow.sol', right: 'return forbidden ? s | FAILED : call(', wrong: 'return call(' },
  { name: 'a static call within a call within it may write', file: 'opcodes/Flow.sol', right: 'mstore(NEXT_CALLER, mload(CALLER))\n        mstore(NEXT_VALUE, mload(VALUE))\n        mstore(NEXT_STATIC, mload(STATIC))', wrong: 'mstore(NEXT_CALLER, mload(CALLER))\n        mstore(NEXT_VALUE, mload(VALUE))\n        mstore(NEXT_STATIC, 0)' },
  { name: 'a jump may land in pushed data', file: 'Codes.sol', right: 'if lt(pushed, 33) { from := add(from, pushed) }', wrong: 'if lt(pushed, 32) { from := add(from, pushed) }' },
  { name: 'the look-back sees no PUSH1', file: 'Codes.sol', right: '1c1d1e1f20)', wrong: '1c1d1e1f1f)' },
  { name: 'an account that was not created here goes, too', file: 'opcodes/Flow.sol', right: 'if (flags & CREATED != 0) {', wrong: 'if (flags != 0) {' },
  { name: 'a creation may replace an account', file: 'Frames.sol', right: 'taken := or(taken, and(mload(add(entry, FLAGS_FIELD)), HAS_STORAGE))', wrong: 'taken := 0' },
  { name: 'code may begin with 0xef', file: 'Frames.sol', right: 'eq(byte(0, mload(place)), 0xef)', wrong: 'eq(byte(0, mload(place)), 0xff)' }
]

/** Machines that were saved. */
const SAVING: readonly Fault[] = [
  { name: 'return data are not saved', file: 'Saving.sol', right: 'mcopy(end, mload(RETURN_AT), length)\n        calldatacopy', wrong: 'calldatacopy' },
  { name: 'the journal is not loaded', file: 'Loading.sol', right: 'place = loadSection(to, end, place, journal, 2);', wrong: 'place += journal;' },
  { name: 'zeros are not there above a frame that ended', file: 'Frames.sol', right: 'calldatacopy(record, calldatasize(), sub(end, record)) // zero again', wrong: '' }
]

/** All faults. */
export const FAULTS: readonly Fault[] = [...GAS, ...JOURNAL, ...PIECES, ...OPCODES, ...SAVING]
