/** Faults of the court's other half: bonds, claims and refutations. They are never compiled into what is used. */
import type { Mutant } from './mutant.js'

const MOVES = ['contracts/moves', 'contracts/dispute-rules', 'contracts/disputes']
const CLAIMS = ['contracts/claims', 'contracts/dispute-rules', 'contracts/judged-claims']
const DOUBTS = ['contracts/doubts', 'contracts/dispute-rules', 'contracts/invariants']
const JUDGED = ['contracts/judged-claims', 'contracts/claims']

/** How a move is refuted that cannot be settled. */
const SETTLEMENT: readonly Mutant[] = [
  { name: "a refutation keeps the dispute's number", file: 'court/Refutation.sol', right: 'bits = bits.withNextDispute().extended(terms.window)', wrong: 'bits = bits.extended(terms.window)', tests: MOVES },
  { name: 'a refutation gives no window', file: 'court/Refutation.sol', right: '.extended(terms.window).withForced(forced)', wrong: '.withForced(forced)', tests: MOVES },
  { name: 'what was signed is refuted', file: 'court/Refutation.sol', right: 'if (!bits.isForced()) revert NotForced(tip);', wrong: '', tests: MOVES },
  { name: 'a refutation brings back any breakpoint', file: 'court/Refutation.sol', right: 'if (hash != child.parent) revert WrongParent(hash, child.parent);', wrong: '', tests: MOVES },
  { name: 'a move that can be settled is refuted', file: 'court/Refutation.sol', right: 'if (verdict.success) revert MoveStands(tip);', wrong: '', tests: MOVES },
  { name: 'a refutation asks at T', file: 'court/Refutation.sol', right: 'uint256(recorded.timestamp) + terms.window, paused', wrong: 'uint256(recorded.timestamp), paused', tests: MOVES },
  { name: 'a settlement goes on from anything', file: 'court/Bench.sol', right: 'if (paused != 0 && !settlements[paused]) revert WrongJudgement(paused, 0);', wrong: '', tests: MOVES },
  { name: 'any input was the last', file: 'court/Bench.sol', right: 'if (root != inputsRoot) revert WrongInputs(root, inputsRoot);', wrong: '', tests: MOVES },
  { name: 'anybody sent the last input', file: 'court/Bench.sol', right: 'requireBound(terms, threadId, last.player, keccak256(last.raw), last.binding);', wrong: '', tests: MOVES },
  { name: 'no input with something about it', file: 'court/Bench.sol', right: 'if (none && (last.others.length != 0 || last.binding.length != 0 || last.player != 0)) revert WrongInputs(0, inputsRoot);', wrong: '', tests: MOVES }
]

/** Bonds, and claims. */
const CLAIMED: readonly Mutant[] = [
  { name: 'a claim by anybody with the Force', file: 'Claims.sol', right: 'requireMover(terms, move.player);', wrong: '', tests: CLAIMS },
  { name: 'a claim goes on from a judgement', file: 'Claims.sol', right: 'if (move.paused != 0) revert WrongJudgement(move.paused, 0);', wrong: '', tests: CLAIMS },
  { name: 'a claim costs no time', file: 'Claims.sol', right: '(bits,) = charge(', wrong: 'charge(', tests: CLAIMS },
  { name: 'a claim leaves D where it was', file: 'Claims.sol', right: 'bits.extended(terms.window).withClaim()', wrong: 'bits.withClaim()', tests: CLAIMS },
  { name: 'a claim that the oracle has not signed', file: 'Claims.sol', right: 'Signatures.requireOne(digestOf(hashResult(id, stateRoot, msg.value)), account, terms.players.length, result);', wrong: '', tests: CLAIMS },
  { name: 'a result for any fee', file: 'Claims.sol', right: 'hashResult(id, stateRoot, msg.value)', wrong: 'hashResult(id, stateRoot, 0)', tests: CLAIMS },
  { name: 'a 17th claim', file: 'Claims.sol', right: 'if (index == MOST_CLAIMS) revert TooManyClaims();', wrong: '', tests: CLAIMS },
  { name: 'an oracle that was refuted answers again', file: 'Claims.sol', right: 'if (stands.refuted) revert OracleRefuted(account);', wrong: '', tests: CLAIMS },
  { name: 'one bond for all claims', file: 'Claims.sol', right: '1 + (byOracle ? stands.byOracle : stands.byMovers)', wrong: '1', tests: CLAIMS },
  { name: 'a claim without a bond', file: 'Claims.sol', right: 'if (held < needed) revert BondTooSmall(held, needed);', wrong: '', tests: CLAIMS },
  { name: 'what is paid for a claim is lost', file: 'Claims.sol', right: 'if (msg.value != 0) pledge.amount = uint128(held);', wrong: 'pledge;', tests: CLAIMS },
  { name: 'a claim under another is forgotten', file: 'Claims.sol', right: 'if (bits.isClaim()) keep(threadId, stands, entryOf(threadId).recorded);', wrong: '', tests: CLAIMS },
  { name: 'a bond is promised twice', file: 'court/Pledging.sol', right: '        take(oracle, amount);\n', wrong: '', tests: CLAIMS },
  { name: 'an acceptance that the oracle has not signed', file: 'court/Pledging.sol', right: 'if (!Signatures.isAuthorised(digest, oracle, signature)) revert BadAuthorisation(oracle);', wrong: 'digest;', tests: CLAIMS },
  { name: 'accepted twice', file: 'court/Pledging.sol', right: 'if (pledges[threadId][oracle].accepted) revert AlreadyAccepted(threadId);', wrong: '', tests: CLAIMS },
  { name: 'accepted when it is active', file: 'court/Pledging.sol', right: 'if (phase != Phase.None && phase != Phase.Joining) revert WrongPhase(threadId, phase);', wrong: 'phase;', tests: CLAIMS },
  { name: 'the bond of an open thread is released', file: 'court/Pledging.sol', right: 'if (bound) revert StillPledged(threadId);', wrong: 'bound;', tests: CLAIMS },
  { name: 'released and kept', file: 'court/Pledging.sol', right: '        delete pledges[threadId][account];\n', wrong: '', tests: CLAIMS },
  { name: 'more is taken than is free', file: 'court/Pledging.sol', right: 'if (amount > free) revert BondTooSmall(free, amount);\n        left = free - amount;', wrong: 'left = free > amount ? free - amount : 0;', tests: CLAIMS },
  { name: 'a right claim is refuted', file: 'court/Refutation.sol', right: 'if (isMove && verdict.newRoot == claimed.stateRoot) return proved(entry, bits, terms, cut, hash, marks);', wrong: '', tests: JUDGED },
  { name: 'a refuted claim leaves what stood before', file: 'court/Refutation.sol', right: '        if (isMove) correct(entry, bits, threadId, before, claimed, input, verdict.newRoot);\n', wrong: '', tests: JUDGED },
  { name: 'a reverted input stands as a move', file: 'court/Refutation.sol', right: 'bool isMove = !isNone && verdict.success;', wrong: 'bool isMove = !isNone;', tests: JUDGED },
  { name: 'any claim at this place', file: 'court/Refutation.sol', right: 'if (!isSame(kept, hash)) revert WrongClaim(hash, kept);', wrong: '', tests: CLAIMS },
  { name: 'a claim that is gone', file: 'court/Refutation.sol', right: 'if (index >= standing(threadId, bits).count) revert NoClaim(index);', wrong: '', tests: CLAIMS },
  { name: 'a refutation at D', file: 'court/Refutation.sol', right: '        requireOpen(bits);\n        (bytes32 hash, uint256 marks) = requireClaim', wrong: '        (bytes32 hash, uint256 marks) = requireClaim', tests: CLAIMS },
  { name: 'a refutation goes on from anything', file: 'court/Refutation.sol', right: 'if (evidence.paused != 0 && cut.spentWei == 0) revert WrongJudgement(evidence.paused, 0);', wrong: '', tests: CLAIMS },
  { name: "the witness's nonce is believed", file: 'court/Refutation.sol', right: 'return provenSender(stateRoot, wallet, sender).nonce == wordAt(reason, 1);', wrong: 'return true;', tests: JUDGED },
  { name: "the witness's balance is believed", file: 'court/Refutation.sol', right: 'return provenSender(stateRoot, wallet, sender).balance == wordAt(reason, 0);', wrong: 'return true;', tests: JUDGED },
  { name: "another's account proves the nonce", file: 'court/Refutation.sol', right: 'StateTree.pathOf(StateTree.ACCOUNT, wallet, 0)', wrong: 'StateTree.pathOf(StateTree.ACCOUNT, address(0), 0)', tests: JUDGED },
  { name: 'want of gas refutes', file: 'court/Refutation.sol', right: 'if (reason.length < 4) return false;', wrong: 'if (reason.length < 4) return true;', tests: JUDGED },
  { name: 'claims of what is no transaction stand', file: 'court/Refutation.sol', right: 'return selector == IJudge.NotTheSigner.selector || selector', wrong: 'return selector', tests: JUDGED },
  { name: "the oracle's claims are counted on after they are gone", file: 'court/Refutation.sol', right: '            if (marks & BY_ORACLE != 0) stands.byOracle -= 1;\n            else', wrong: '            if (marks & BY_ORACLE == 0)', tests: CLAIMS },
  { name: "the oracle's lie is forgotten", file: 'court/Refutation.sol', right: 'if (by == BY_ORACLE) stands.refuted = true;', wrong: '', tests: CLAIMS },
  { name: 'a bond is not taken', file: 'court/Refutation.sol', right: 'pledges[cut.threadId][account].amount -= uint128(left);', wrong: '', tests: CLAIMS },
  { name: 'the mover has its share', file: 'court/Refutation.sol', right: 'if (i != cut.player) credit', wrong: 'if (i != 0) credit', tests: CLAIMS },
  { name: 'gas is paid at any price', file: 'court/Refutation.sol', right: 'tx.gasprice < GAS_PRICE_CAP ? tx.gasprice : GAS_PRICE_CAP', wrong: 'tx.gasprice', tests: CLAIMS },
  { name: 'gas of the transactions before is not paid', file: 'court/Refutation.sol', right: 'return cut.spentWei + (cut.gasBefore', wrong: 'return (cut.gasBefore', tests: CLAIMS },
  { name: 'claims of a dropped lineage stand', file: 'court/Bonds.sol', right: 'if (found.dispute != k) found = Standing(uint32(k), 0, 0, 0, 0, 0, false);', wrong: 'k;', tests: CLAIMS },
  { name: 'claims that a settlement drops cost nothing', file: 'court/Refutation.sol', right: 'if (by != 0) slash(terms, cut, by);', wrong: '', tests: CLAIMS }
]

/** Doubts, proofs, and claims that fall without either. */
const DOUBTED: readonly Mutant[] = [
  { name: 'a claim is doubted twice', file: 'court/Doubting.sol', right: 'if (marks & DOUBTED != 0) revert AlreadyDoubted(hash);', wrong: '', tests: DOUBTS },
  { name: 'a doubt for any deposit', file: 'court/Doubting.sol', right: 'if (msg.value != deposit) revert WrongValue(msg.value, deposit);', wrong: '', tests: DOUBTS },
  { name: 'a doubt at D', file: 'court/Doubting.sol', right: '        requireOpen(bits);\n', wrong: '', tests: DOUBTS },
  { name: 'a doubt gives no window', file: 'court/Doubting.sol', right: 'mark(bits, threadId, index, hash, marks | DOUBTED).extended(terms.window)', wrong: 'mark(bits, threadId, index, hash, marks | DOUBTED)', tests: DOUBTS },
  { name: 'a doubt that nobody counts', file: 'court/Doubting.sol', right: 'standings[threadId].doubted += 1;', wrong: '', tests: DOUBTS },
  { name: "a doubt's gas is not paid", file: 'court/Doubting.sol', right: 'uint88(priceOf(cut))', wrong: 'uint88(0)', tests: DOUBTS },
  { name: 'a claim falls before D', file: 'court/Doubting.sol', right: 'if (block.timestamp < bits.endsAt()) revert DisputeOpen(bits.endsAt(), block.timestamp);', wrong: '', tests: DOUBTS },
  { name: 'a deposit comes back twice', file: 'court/Doubting.sol', right: '        delete doubts[hash];\n', wrong: '', tests: DOUBTS },
  { name: "a claim falls at any player's cost", file: 'court/Doubting.sol', right: 'lastMoverOf(terms, threadId, claimed.inputsRoot, input);', wrong: '', tests: DOUBTS },
  { name: 'a doubt of a claim that is gone drops another', file: 'court/Doubting.sol', right: 'if (bits.phase() != Phase.Disputed || index >= standing(threadId, bits).count) return 0;', wrong: '', tests: DOUBTS },
  { name: 'any claim at the place of a doubted one falls', file: 'court/Doubting.sol', right: 'return isSame(kept, hash) ? uint256(kept) & (BY_ORACLE | BY_MOVER) : 0;', wrong: 'return uint256(kept) & (BY_ORACLE | BY_MOVER);', tests: DOUBTS },
  { name: 'settled while a doubt is open', file: 'court/Settlement.sol', right: 'if (standing(threadId, bits).doubted != 0) revert DoubtOpen(threadId);', wrong: '', tests: DOUBTS },
  { name: 'a proved claim is refuted', file: 'court/Refutation.sol', right: 'if (marks & PROVED != 0) revert ClaimProved(hash);', wrong: '', tests: DOUBTS },
  { name: 'what is proved needs a bond', file: 'court/Refutation.sol', right: '        if (marks & BY_ORACLE != 0) stands.byOracle -= 1;\n        else stands.byMovers -= 1;\n        entry', wrong: '        entry', tests: DOUBTS },
  { name: 'a proof leaves the doubt open', file: 'court/Refutation.sol', right: '            stands.doubted -= 1;\n            address doubter', wrong: '            address doubter', tests: DOUBTS },
  { name: "the rest of a proved doubt's deposit is kept", file: 'court/Refutation.sol', right: 'credit(address(0), doubter, deposit - toProver);', wrong: 'doubter;', tests: DOUBTS },
  { name: 'doubts of claims that are gone are counted on', file: 'court/Refutation.sol', right: 'if (marks & DOUBTED != 0) stands.doubted -= 1;', wrong: '', tests: DOUBTS },
  { name: 'a bond pays for a proved claim that breaks settlement', file: 'court/Refutation.sol', right: 'uint256(kept) & PROVED == 0 ? uint256(kept) & (BY_ORACLE | BY_MOVER) : 0', wrong: 'uint256(kept) & (BY_ORACLE | BY_MOVER)', tests: DOUBTS },
  { name: 'who drops has the premium', file: 'court/Refutation.sol', right: '(cut.toDoubter == 0 ? PREMIUM : 1)', wrong: 'PREMIUM', tests: DOUBTS }
]

/** All faults of the other half. */
export const CLAIMS_MUTANTS: readonly Mutant[] = [...SETTLEMENT, ...CLAIMED, ...DOUBTED]
