/** Faults of the court: who may do what, when, and for how much. They are never compiled into what is used. */
import type { Mutant } from './mutant.js'

const CALLS = ['contracts/disputes', 'contracts/moves', 'contracts/endings', 'contracts/dispute-rules']
const MOVES = ['contracts/moves', 'contracts/dispute-rules', 'contracts/disputes']
const ENDINGS = ['contracts/endings', 'contracts/moves', 'contracts/dispute-rules']
const OPENING = ['contracts/opening', 'contracts/tokens', 'contracts/endings']

/** What is recorded, and the disputes over it. */
const RECORD: readonly Mutant[] = [
  { name: 'a nonce may fill its field', file: 'lib/Record.sol', right: 'if (nonce >= MASK_48)', wrong: 'if (nonce > MASK_48)', tests: CALLS },
  { name: 'the number of disputes runs over', file: 'lib/Record.sol', right: 'if (record.dispute() == MASK_32) revert IThreads.TooManyDisputes();', wrong: '', tests: CALLS },
  { name: 'D may come nearer', file: 'lib/Record.sol', right: 'return ends <= record.endsAt() ? record : record.withEnd(ends);', wrong: 'return record.withEnd(ends);', tests: MOVES },
  { name: 'banks are not filled by new evidence', file: 'court/Disputes.sol', right: 'bits.withNextDispute().withoutLineage()', wrong: 'bits.withNextDispute().withForced(0)', tests: MOVES },
  { name: 'moves outlive a resumption', file: 'lib/Record.sol', right: '~(LINEAGE | (MASK_32 << CONFIRMED))', wrong: '~(MASK_32 << CONFIRMED)', tests: MOVES },
  { name: 'a third player spends nothing', file: 'lib/Lineage.sol', right: 'lineage.spent[player - RecordLib.CLOCKS] = uint32(seconds_);', wrong: '', tests: ['contracts/moves', 'contracts/dispute-rules'] },
  { name: 'a bank lacks its last second', file: 'lib/Lineage.sol', right: 'if (charge > left)', wrong: 'if (charge >= left)', tests: MOVES },
  { name: 'a bank has no bottom', file: 'lib/Lineage.sol', right: 'if (charge > left) revert IThreads.BankEmpty(player, charge, left);', wrong: 'if (charge > left) return bits;', tests: MOVES },
  { name: 'what was spent before is forgotten', file: 'lib/Lineage.sol', right: 'bank - left + charge', wrong: 'charge', tests: MOVES },
  { name: "a refutation fills the others' banks", file: 'lib/Lineage.sol', right: 'for (uint256 i = RecordLib.CLOCKS; i < players; ++i)', wrong: 'for (uint256 i = RecordLib.CLOCKS; i < 0; ++i)', tests: ['contracts/dispute-rules', 'contracts/moves'] },
  { name: 'who was refuted keeps its bank', file: 'lib/Lineage.sol', right: 'return lineage.setSpent(bits, refuted, bank);', wrong: 'return bits;', tests: MOVES },
  { name: 'a move costs a second more', file: 'lib/Lineage.sol', right: 'return terms.timeBank / terms.forcedMoves;', wrong: 'return terms.timeBank / terms.forcedMoves + 1;', tests: MOVES },
  { name: 'a checkpoint of any slot', file: 'court/Disputes.sol', right: 'find(terms, Phase.Active);\n        requireHigher(bits, breakpoint.epoch, breakpoint.nonce);', wrong: 'find(terms, Phase.Active);', tests: CALLS },
  { name: 'evidence for the recorded slot', file: 'court/Disputes.sol', right: 'if (nonce < next)', wrong: 'if (nonce + 1 < next)', tests: CALLS },
  { name: 'evidence must be above forced moves', file: 'court/Disputes.sol', right: 'bits.next() - bits.forced()', wrong: 'bits.next()', tests: MOVES },
  { name: 'evidence of a later epoch', file: 'court/Disputes.sol', right: 'if (epoch != confirmed)', wrong: 'if (epoch < confirmed)', tests: CALLS },
  { name: 'evidence at E', file: 'court/Disputes.sol', right: 'if (block.timestamp >= until)', wrong: 'if (block.timestamp > until)', tests: CALLS },
  { name: 'resume at D', file: 'court/Disputes.sol', right: 'if (block.timestamp >= bits.endsAt())', wrong: 'if (block.timestamp > bits.endsAt())', tests: CALLS },
  { name: 'resume from another lineage', file: 'court/Disputes.sol', right: 'if (parent != expected) revert WrongParent(parent, expected);', wrong: '', tests: CALLS },
  { name: 'resume in any epoch', file: 'court/Disputes.sol', right: 'if (breakpoint.epoch != bits.dispute()) revert WrongEpoch(breakpoint.epoch, bits.dispute());', wrong: '', tests: CALLS },
  { name: 'resume skips nonces', file: 'court/Disputes.sol', right: 'if (nonce != bits.next())', wrong: 'if (nonce < bits.next())', tests: CALLS },
  { name: 'anybody may challenge', file: 'court/Disputes.sol', right: 'return account == terms.oracle;', wrong: 'return true;', tests: CALLS },
  { name: 'the oracle may not challenge', file: 'court/Disputes.sol', right: 'return account == terms.oracle;', wrong: 'return false;', tests: CALLS },
  { name: 'a challenge lasts one window', file: 'court/Disputes.sol', right: 'withEnd(until + terms.window)', wrong: 'withEnd(until)', tests: CALLS },
  { name: 'what nobody signed may say something', file: 'court/Disputes.sol', right: 'if (signatures.length == 0) requireZero(breakpoint);', wrong: '', tests: CALLS },
  { name: "a response keeps the dispute's number", file: 'court/Disputes.sol', right: 'bits = bits.withNextDispute().withoutLineage();', wrong: 'bits = bits.withoutLineage();', tests: CALLS },
  { name: 'a certificate that is not recorded', file: 'court/Disputes.sol', right: 'entry.record = written;\n        entry.recorded = recorded;', wrong: 'entry.record = written;', tests: CALLS }
]

/** Forced moves, their judgements, and what drops them. */
const FORCED: readonly Mutant[] = [
  { name: 'a move at D', file: 'court/Moves.sol', right: 'if (block.timestamp >= bits.endsAt())', wrong: 'if (block.timestamp > bits.endsAt())', tests: MOVES },
  { name: 'a move without a Force', file: 'court/Moves.sol', right: 'Signatures.requireOne(digestOf(id), terms.sessionKeys[move.player], move.player, move.force);', wrong: '', tests: MOVES },
  { name: 'a move without a binding', file: 'court/Moves.sol', right: 'requireBound(terms, threadId, move.player, txHash, move.binding);', wrong: '', tests: MOVES },
  { name: 'a move that reverts', file: 'court/Moves.sol', right: 'if (!verdict.success) revert MoveReverts(verdict.returnHash);', wrong: '', tests: MOVES },
  { name: 'time is charged before E', file: 'court/Moves.sol', right: 'uint256 from = bits.clockFrom(terms.window);', wrong: 'uint256 from = bits.clockFrom(terms.window) - terms.window;', tests: MOVES },
  { name: 'no grace in a short window', file: 'court/Moves.sol', right: 'uint256 grace = window < 16 ? 1 : window / 16;', wrong: 'uint256 grace = window / 16;', tests: MOVES },
  { name: "no move where its parent's time is ahead", file: 'court/Moves.sol', right: 'if (parentTime > latest) latest = parentTime;', wrong: '', tests: MOVES },
  { name: 'time goes back', file: 'court/Moves.sol', right: 'if (parentTime > earliest) earliest = parentTime;', wrong: '', tests: MOVES },
  { name: 'anybody begins a long judgement', file: 'court/Moves.sol', right: 'if (msg.sender != terms.players[player] && msg.sender != terms.sessionKeys[player]) revert NotOpener(msg.sender, player);', wrong: '', tests: MOVES },
  { name: "one move goes on from another's judgement", file: 'court/Moves.sol', right: 'begun.paused != move.paused || begun.force != bytes20(id)', wrong: 'begun.paused != move.paused', tests: MOVES },
  { name: 'a judgement goes on from anything', file: 'court/Moves.sol', right: 'begun.paused != move.paused || begun.force != bytes20(id)', wrong: 'begun.force != bytes20(id)', tests: MOVES },
  { name: 'a move leaves D where it was', file: 'court/Moves.sol', right: 'bits = bits.extended(terms.window);\n        if (!verdict.isFinal)', wrong: 'if (!verdict.isFinal)', tests: MOVES },
  { name: "a judgement's credit is not counted", file: 'court/Moves.sol', right: 'uint256 cost = elapsed > credit ? elapsed - credit : 0;', wrong: 'uint256 cost = elapsed;', tests: MOVES },
  { name: 'each transaction of a judgement costs c', file: 'court/Moves.sol', right: 'if (move.paused == 0) cost += credit;', wrong: 'cost += credit;', tests: MOVES },
  { name: 'the second move is the first', file: 'court/Moves.sol', right: 'bits.withForced(bits.forced() + 1)', wrong: 'bits.withForced(1)', tests: MOVES },
  { name: "a move's time is the block's", file: 'court/Moves.sol', right: 'hashInputs(new bytes32[](0), move.raw, move.binding), move.timestamp);', wrong: 'hashInputs(new bytes32[](0), move.raw, move.binding), uint64(block.timestamp));', tests: MOVES },
  { name: "a move's NUMBER is its parent's", file: 'court/Bench.sol', right: 'case_.number = uint256(recorded.nonce) + 1;', wrong: 'case_.number = recorded.nonce;', tests: MOVES },
  { name: "a move's PREVRANDAO is nothing", file: 'court/Bench.sol', right: 'case_.prevRandao = tip;', wrong: '', tests: MOVES },
  { name: 'a move has no gas limit', file: 'court/Bench.sol', right: 'case_.gasLimit = terms.gasLimit;', wrong: 'case_.gasLimit = type(uint64).max;', tests: MOVES },
  { name: 'leaves of the other inputs are not hashed', file: 'lib/TypedData.sol', right: 'abi.encodePacked(INPUTS_TAG, others, keccak256', wrong: 'abi.encodePacked(INPUTS_TAG, keccak256', tests: MOVES }
]

/** Ends, and the money. */
const ENDS: readonly Mutant[] = [
  { name: 'settled a second before D', file: 'court/Settlement.sol', right: 'if (block.timestamp < bits.endsAt())', wrong: 'if (block.timestamp + 1 < bits.endsAt())', tests: ENDINGS },
  { name: 'settled without the function at once', file: 'court/Settlement.sol', right: 'if (terms.settlement != 0 && block.timestamp < until) revert SettlementNeeded(until, block.timestamp);', wrong: 'until;', tests: MOVES },
  { name: 'every settlement is at D', file: 'court/Settlement.sol', right: 'bits.isForced() ? uint256(recorded.timestamp) + terms.window : bits.endsAt()', wrong: 'bits.endsAt()', tests: MOVES },
  { name: 'a settlement that fails counts', file: 'court/Settlement.sol', right: 'verdict.success ? verdict.newRoot : recorded.stateRoot', wrong: 'verdict.newRoot', tests: MOVES },
  { name: 'what is owned twice keeps all from settling', file: 'court/Settlement.sol', right: 'if (owned > leftover) owned = leftover;', wrong: '', tests: ENDINGS },
  { name: 'what is owned twice is paid twice', file: 'court/Settlement.sol', right: 'if (owned > leftover) owned = leftover;\n            payouts[i] = owned;\n            leftover -= owned;', wrong: 'payouts[i] = owned;\n            leftover = owned > leftover ? 0 : leftover - owned;', tests: ENDINGS },
  { name: 'settled and still open', file: 'court/Settlement.sol', right: 'entry.record = bits.withPhase(Phase.Settled);', wrong: 'entry; bits;', tests: ENDINGS },
  { name: 'the rounding of shares is nobody\'s', file: 'court/Settlement.sol', right: 'payouts[shares.length - 1] += left;', wrong: 'left;', tests: ENDINGS },
  { name: 'balances without proof', file: 'court/Settlement.sol', right: 'verifyAccount(stateRoot, payee(terms, i), proofs[i]);', wrong: 'stateRoot;', tests: ENDINGS },
  { name: 'the oracle is not paid', file: 'court/Settlement.sol', right: 'if (oracle != address(0)) push(asset, oracle, payouts[players.length]);', wrong: 'oracle;', tests: ENDINGS },
  { name: 'closed for less than the pot', file: 'Threads.sol', right: 'if (left != 0) revert WrongPayouts(pot - left, pot);', wrong: 'pot;', tests: ENDINGS },
  { name: 'closed at D', file: 'Threads.sol', right: 'if (block.timestamp >= bits.endsAt())', wrong: 'if (block.timestamp > bits.endsAt())', tests: ENDINGS },
  { name: 'closed from another lineage', file: 'Threads.sol', right: 'requireFollows(entry, bits, final_.nonce, final_.parent);', wrong: '', tests: ENDINGS },
  { name: 'closed with what was overtaken', file: 'Threads.sol', right: 'requireEvidence(bits, terms);\n            requireHigher(bits, final_.epoch, final_.nonce);', wrong: 'requireEvidence(bits, terms);', tests: ENDINGS },
  { name: 'closed after E with what was withheld', file: 'Threads.sol', right: 'requireEvidence(bits, terms);\n            requireHigher', wrong: 'requireHigher', tests: ENDINGS },
  { name: 'closed and still open', file: 'Threads.sol', right: 'entry.record = bits.withPhase(Phase.Closed);', wrong: '', tests: ENDINGS },
  { name: 'cancelled at the deadline', file: 'court/Registry.sol', right: 'if (block.timestamp <= terms.joinDeadline)', wrong: 'if (block.timestamp < terms.joinDeadline)', tests: OPENING },
  { name: 'late for joining at the deadline', file: 'court/Registry.sol', right: 'if (block.timestamp > terms.joinDeadline)', wrong: 'if (block.timestamp >= terms.joinDeadline)', tests: OPENING },
  { name: 'joined twice', file: 'court/Registry.sol', right: 'if ((bits.joined() >> player) & 1 == 1) revert AlreadyJoined(player);', wrong: '', tests: OPENING },
  { name: 'cancelled for all, paid or not', file: 'court/Registry.sol', right: 'if ((bits.joined() >> i) & 1 == 1) push', wrong: 'push', tests: OPENING },
  { name: 'joined without being asked', file: 'court/Registry.sol', right: 'if (!Signatures.isAuthorised(digest, wallet, authorisation)) revert BadAuthorisation(wallet);', wrong: 'digest;', tests: OPENING },
  { name: 'a credit is taken twice', file: 'lib/Payments.sol', right: 'credits[asset][msg.sender] = 0;', wrong: '', tests: ENDINGS },
  { name: 'one credit replaces another', file: 'lib/Payments.sol', right: 'credits[asset][account] += amount;', wrong: 'credits[asset][account] = amount;', tests: [...ENDINGS, 'contracts/tokens'] },
  { name: 'a push with too little gas', file: 'lib/Payments.sol', right: 'requireGas(PUSH_GAS);', wrong: '', tests: ENDINGS },
  { name: 'a payee takes all gas', file: 'lib/Payments.sol', right: 'sent = sendEther(account, amount, PUSH_GAS);', wrong: 'sent = sendEther(account, amount, gasleft());', tests: ENDINGS },
  { name: 'one deposit is measured with another', file: 'lib/Payments.sol', right: 'if (pulling) revert TokenReentered(token);', wrong: '', tests: ['contracts/tokens'] },
  { name: 'a token may keep a fee', file: 'lib/Payments.sol', right: 'if (received != amount) revert TokenFee(token, received, amount);', wrong: 'received;', tests: ['contracts/tokens'] },
  { name: 'a token that says false has paid', file: 'lib/Payments.sol', right: 'done := and(done, and(gt(returndatasize(), 31), eq(mload(0), 1)))', wrong: 'done := and(done, gt(returndatasize(), 31))', tests: ['contracts/tokens'] },
  { name: 'an address without code is a token', file: 'lib/Payments.sol', right: 'case 0 { done := and(done, gt(extcodesize(token), 0)) }', wrong: 'case 0 {}', tests: ['contracts/tokens'] },
  { name: 'malleable signatures', file: 'lib/Signatures.sol', right: 'if (uint256(s) > HALF_ORDER) revert IThreads.MalleableSignature(index);', wrong: '', tests: ['contracts/disputes'] },
  { name: 'bytes behind the signatures', file: 'lib/Signatures.sol', right: 'if (signatures.length != count * LENGTH)', wrong: 'if (signatures.length < count * LENGTH)', tests: ['contracts/disputes'] },
  { name: 'bytes behind one signature', file: 'lib/Signatures.sol', right: 'function requireOne(bytes32 digest, address signer, uint256 index, bytes calldata signature) internal pure {\n        if (signature.length != LENGTH)', wrong: 'function requireOne(bytes32 digest, address signer, uint256 index, bytes calldata signature) internal pure {\n        if (signature.length < LENGTH)', tests: MOVES },
  { name: 'a wallet of code authorises with any answer', file: 'lib/Signatures.sol', right: 'valid := and(valid, and(gt(returndatasize(), 31), eq(mload(0), answer)))', wrong: 'valid := and(valid, gt(returndatasize(), 31))', tests: OPENING },
  { name: 'a player is the oracle', file: 'lib/TermsLib.sol', right: 'if (player == oracle) revert IThreads.OracleIsPlayer(i);', wrong: '', tests: OPENING },
  { name: 'two players with one key', file: 'lib/TermsLib.sol', right: 'if (keys[j] == key) revert IThreads.DuplicateSessionKey(i, j);', wrong: '', tests: OPENING },
  { name: 'a bank of fewer seconds than moves', file: 'lib/TermsLib.sol', right: 'if (terms.timeBank < moves) revert IThreads.BankTooSmall(terms.timeBank, moves);', wrong: '', tests: OPENING },
  { name: 'a pot that does not fit when it is scaled', file: 'lib/TermsLib.sol', right: 'checkAmount(sum * scale(terms));', wrong: '', tests: OPENING },
  { name: 'terms with a gap in them', file: 'lib/TermsLib.sol', right: 'canonical := and(canonical, eq(calldataload(add(terms, 0x60)), add(HEAD, mul(3, step))))', wrong: '', tests: OPENING },
  { name: 'bytes behind the constructor argument', file: 'lib/TermsLib.sol', right: 'canonical := and(canonical, iszero(shl(mul(8, odd), last)))', wrong: 'last := 0', tests: OPENING }
]

/** All faults of the court. */
export const COURT_MUTANTS: readonly Mutant[] = [...RECORD, ...FORCED, ...ENDS]
