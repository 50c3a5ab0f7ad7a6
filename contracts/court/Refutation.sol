// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaimCalls} from "../interfaces/IClaimCalls.sol";
import {IJudge} from "../interfaces/IJudge.sol";
import {IThreads} from "../interfaces/IThreads.sol";
import {Record} from "../lib/Record.sol";
import {StateTree} from "../lib/StateTree.sol";
import {Pledging} from "./Pledging.sol";

/// @notice How a forced move is refuted by execution, and what a wrong claim costs (section 8 of the specification).
/// INVARIANT: what an account has set aside for a thread covers each unproven claim that it answers for, each with a bond of its own.
abstract contract Refutation is Pledging, IClaimCalls {
    uint256 internal constant LAST_BYTE = 0xff;
    /// @dev Gas of a transaction that is not measured: the transaction itself, its way here, and its payments.
    uint256 private constant AROUND = 21_000 + 8_000 + 20_000;
    uint256 private constant EACH_OTHER = 26_000;
    uint256 private constant CALLDATA_GAS = 16;

    /// @dev A move that is taken back: where it stands, and what comes instead.
    struct Cut {
        bytes32 threadId;
        uint256 player; // whose move
        uint256 claims; // how many remain
        uint256 spentWei; // by the sender on this judgement so far
        uint256 toDoubter; // what the bond pays to who doubted it, the premium with it
        uint256 gasBefore; // when the call began
    }

    /// @inheritdoc IThreads
    function refute(
        Terms calldata terms,
        Breakpoint calldata recorded,
        Breakpoint calldata parent,
        LastInput calldata last,
        bytes32 paused,
        bytes calldata witness
    ) external {
        Cut memory cut;
        cut.gasBefore = gasleft();
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireOpen(bits);
        bytes32 tip = requireRecorded(entry, bits, threadId, recorded);
        if (!bits.isForced()) revert NotForced(tip);
        bytes32 before = requireParent(threadId, recorded, parent);
        if (terms.settlement == 0) revert NoSettlement();
        address mover = lastMoverOf(terms, threadId, recorded.inputsRoot, last);
        IJudge.Verdict memory verdict =
            judgeSettlement(terms, threadId, tip, recorded, mover, uint256(recorded.timestamp) + terms.window, paused, witness);
        cut.spentWei = spentOn(paused);
        if (!verdict.isFinal) return note(verdict.paused, cut);
        if (verdict.success) revert MoveStands(tip);
        (cut.threadId, cut.player) = (threadId, last.player);
        cut.claims = standing(threadId, bits).count;
        uint256 by;
        if (cut.claims != 0) {
            bytes32 kept = claimAt(threadId, bits, tip, cut.claims - 1);
            // For what a proved claim leaves nobody answers any more.
            if (isSame(kept, tip)) (by, cut.claims) = (uint256(kept) & PROVED == 0 ? uint256(kept) & (BY_ORACLE | BY_MOVER) : 0, cut.claims - 1);
        }
        bits = takeBack(bits, terms, cut, tip, by, bits.forced() - 1);
        restore(entry, bits, threadId, parent, before, cut.player);
        if (by != 0) slash(terms, cut, by);
    }

    /// @inheritdoc IClaimCalls
    function refuteClaim(
        Terms calldata terms,
        uint256 index,
        Breakpoint calldata claimed,
        Breakpoint calldata parent,
        LastInput calldata input,
        Evidence calldata evidence
    ) external {
        Cut memory cut;
        cut.gasBefore = gasleft();
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireOpen(bits);
        (bytes32 hash, uint256 marks) = requireClaim(entry, bits, threadId, index, claimed);
        bytes32 before = requireParent(threadId, claimed, parent);
        lastMoverOf(terms, threadId, claimed.inputsRoot, input);
        (cut.threadId, cut.player, cut.claims, cut.spentWei) = (threadId, input.player, index, spentOn(evidence.paused));
        if (evidence.paused != 0 && cut.spentWei == 0) revert WrongJudgement(evidence.paused, 0);
        (IJudge.Verdict memory verdict, bool isNone) = tryMove(terms, before, claimed, parent, cut, input, evidence);
        if (!isNone && !verdict.isFinal) {
            emit Refuting(threadId, msg.sender, hash, verdict.paused);
            return note(verdict.paused, cut);
        }
        bool isMove = !isNone && verdict.success;
        if (isMove && verdict.newRoot == claimed.stateRoot) return proved(entry, bits, terms, cut, hash, marks);
        uint256 by = marks & (BY_ORACLE | BY_MOVER);
        uint256 place = placeOf(bits, claimed);
        bits = takeBack(bits, terms, cut, entry.recorded, by, isMove ? place + 1 : place);
        restore(entry, bits, threadId, parent, before, cut.player);
        if (isMove) correct(entry, bits, threadId, before, claimed, input, verdict.newRoot);
        slash(terms, cut, by);
    }

    /// @dev The judge agrees: the claim counts like a move that was judged. What it took is paid by who doubted it.
    function proved(Entry storage entry, Record bits, Terms calldata terms, Cut memory cut, bytes32 hash, uint256 marks) private {
        bytes32 threadId = cut.threadId;
        Standing storage stands = standings[threadId];
        if (marks & BY_ORACLE != 0) stands.byOracle -= 1;
        else stands.byMovers -= 1;
        entry.record = mark(bits, threadId, cut.claims, hash, (marks & ~DOUBTED) | PROVED);
        uint256 toProver;
        if (marks & DOUBTED != 0) {
            stands.doubted -= 1;
            address doubter = doubts[hash].doubter;
            delete doubts[hash];
            uint256 deposit = bondFor(terms.gasLimit);
            cut.gasBefore += EACH_OTHER;
            toProver = priceOf(cut) + PREMIUM;
            if (toProver > deposit) toProver = deposit;
            credit(address(0), doubter, deposit - toProver);
        }
        emit Proved(threadId, hash, msg.sender, toProver);
        push(address(0), msg.sender, toProver);
    }

    /// @dev Keeps what has come of a claim. @return the record, which does not hold it alone any more
    function mark(Record bits, bytes32 threadId, uint256 index, bytes32 hash, uint256 marks) internal returns (Record) {
        bool isAlone = bits.isClaim() && index + 1 == standing(threadId, bits).count;
        claims[threadId][index] = bytes32((uint256(hash) & ~LAST_BYTE) | marks);
        return isAlone ? bits.withoutClaim() : bits;
    }

    /// @dev How many forced moves stand below a claim: the first has the nonce next - forced.
    function placeOf(Record bits, Breakpoint calldata claimed) internal pure returns (uint256) {
        return claimed.nonce + bits.forced() - bits.next();
    }

    /// @dev An unproven claim that stands. @return hash its breakpoint's @return marks who answers for it, and whether it is doubted
    function requireClaim(Entry storage entry, Record bits, bytes32 threadId, uint256 index, Breakpoint calldata claimed)
        internal
        view
        returns (bytes32 hash, uint256 marks)
    {
        if (index >= standing(threadId, bits).count) revert NoClaim(index);
        hash = hashBreakpoint(threadId, claimed);
        bytes32 kept = claimAt(threadId, bits, entry.recorded, index);
        if (!isSame(kept, hash)) revert WrongClaim(hash, kept);
        marks = uint256(kept) & LAST_BYTE;
        if (marks & PROVED != 0) revert ClaimProved(hash);
    }

    function requireParent(bytes32 threadId, Breakpoint calldata child, Breakpoint calldata parent) internal pure returns (bytes32 hash) {
        hash = hashBreakpoint(threadId, parent);
        if (hash != child.parent) revert WrongParent(hash, child.parent);
    }

    /// @dev Whether a claim is of this breakpoint: 248 bits of its hash are kept.
    function isSame(bytes32 kept, bytes32 hash) internal pure returns (bool) {
        return uint256(kept) >> 8 == uint256(hash) >> 8;
    }

    /// @dev What the judge makes of the claimed input on its parent's state. @return isNone the input is none, or cannot be included (section 3)
    function tryMove(
        Terms calldata terms,
        bytes32 before,
        Breakpoint calldata claimed,
        Breakpoint calldata parent,
        Cut memory cut,
        LastInput calldata input,
        Evidence calldata evidence
    ) private view returns (IJudge.Verdict memory verdict, bool isNone) {
        IJudge.Case memory case_ = caseOf(terms, cut.threadId, before, parent);
        case_.wallet = terms.players[input.player];
        case_.sessionKey = terms.sessionKeys[input.player];
        case_.timestamp = claimed.timestamp;
        case_.paused = evidence.paused;
        try judge.judge(case_, input.raw, evidence.witness) returns (IJudge.Verdict memory found) {
            verdict = found;
        } catch (bytes memory reason) {
            isNone = isNoInput(reason, parent.stateRoot, case_.wallet, evidence.sender);
            if (!isNone) {
                assembly ("memory-safe") {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
    }

    /// @dev Whether a refusal of the judge is about the input, and not about what the caller brought: its witness, its gas.
    /// SAFETY: most of these are found from the raw transaction and the case alone. Nonce and balance are the witness's, which a refusal leaves unproved:
    /// so the account that they were taken from is proved here. What a routine waits for, the judge has proved before it refuses.
    function isNoInput(bytes memory reason, bytes32 stateRoot, address wallet, AccountProof[] calldata sender) private pure returns (bool) {
        if (reason.length < 4) return false;
        bytes4 selector = bytes4(reason);
        if (selector == IJudge.WrongNonce.selector) return provenSender(stateRoot, wallet, sender).nonce == wordAt(reason, 1);
        if (selector == IJudge.CannotPay.selector) return provenSender(stateRoot, wallet, sender).balance == wordAt(reason, 0);
        return selector == IJudge.NotTheSigner.selector || selector == IJudge.NotCanonical.selector || selector == IJudge.BadField.selector
            || selector == IJudge.TrailingBytes.selector || selector == IJudge.UnknownType.selector || selector == IJudge.WrongChain.selector
            || selector == IJudge.HighS.selector || selector == IJudge.InputTooLong.selector || selector == IJudge.GasLimitTooHigh.selector
            || selector == IJudge.GasLimitTooLow.selector || selector == IJudge.InitCodeTooLong.selector
            || selector == IJudge.NotAMover.selector || selector == IJudge.ResumeTooLong.selector;
    }

    function provenSender(bytes32 stateRoot, address wallet, AccountProof[] calldata sender) private pure returns (AccountProof calldata proof) {
        if (sender.length != 1) revert BadLength(sender.length, 1);
        proof = sender[0];
        bytes32 value = StateTree.accountValue(proof.nonce, proof.balance, proof.codeHash);
        bytes32 path = StateTree.pathOf(StateTree.ACCOUNT, wallet, 0);
        StateTree.verify(stateRoot, path, value, proof.siblings, proof.otherPath, proof.otherValue);
    }

    /// @dev An argument of a custom error.
    function wordAt(bytes memory reason, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(reason, 36), mul(32, index)))
        }
    }

    /// @dev The dispute gets another number, and the lineage under it ends with its first `forced` moves; the mover's bank is gone.
    function takeBack(Record bits, Terms calldata terms, Cut memory cut, bytes32 tip, uint256 by, uint256 forced) internal returns (Record) {
        Standing memory stands = standing(cut.threadId, bits);
        for (uint256 i = cut.claims; i < stands.count; ++i) {
            uint256 marks = uint256(claimAt(cut.threadId, bits, tip, i));
            if (marks & PROVED != 0) continue;
            if (marks & BY_ORACLE != 0) stands.byOracle -= 1;
            else stands.byMovers -= 1;
            // Its doubt has found nothing to doubt: the deposit is there to be taken back.
            if (marks & DOUBTED != 0) stands.doubted -= 1;
        }
        uint64 before = bits.dispute();
        bits = bits.withNextDispute().extended(terms.window).withForced(forced).withoutClaim();
        if (stands.count != 0 || stands.refuted) {
            (stands.dispute, stands.count) = (uint32(bits.dispute()), uint32(cut.claims));
            if (by == BY_ORACLE) stands.refuted = true;
            standings[cut.threadId] = stands;
        }
        return lineageOf(cut.threadId, bits.dispute()).carryOver(
            lineageOf(cut.threadId, before), bits, cut.player, terms.timeBank, terms.players.length
        );
    }

    /// @dev What stood before the move stands again.
    function restore(Entry storage entry, Record bits, bytes32 threadId, Breakpoint calldata parent, bytes32 recorded, uint256 player) internal {
        entry.record = bits.withNonce(parent.nonce);
        entry.recorded = recorded;
        emit Refuted(threadId, bits.dispute(), player, recorded, parent.nonce, bits.endsAt());
    }

    /// @dev What the judge found takes the claim's place, as if it had been forced in the dispute's new number.
    function correct(
        Entry storage entry,
        Record bits,
        bytes32 threadId,
        bytes32 before,
        Breakpoint calldata claimed,
        LastInput calldata input,
        bytes32 newRoot
    ) private {
        uint64 k = bits.dispute();
        Breakpoint memory made = Breakpoint(k, claimed.nonce, before, newRoot, claimed.inputsRoot, claimed.timestamp);
        entry.record = bits.withNonce(made.nonce);
        entry.recorded = hashForced(threadId, made);
        emit BREAKPOINT(threadId, k, made.nonce, before, newRoot, made.inputsRoot, made.timestamp);
        emit Forced(threadId, k, input.player, bits.endsAt(), input.raw, input.binding);
    }

    /// @dev Pays out one claim's bond: gas and premium to who refuted it (or gas to who dropped it, and gas and premium to its doubter), the rest to the players but the mover.
    function slash(Terms calldata terms, Cut memory cut, uint256 by) internal {
        address account = by == BY_ORACLE ? terms.oracle : terms.players[cut.player];
        uint256 left = bondFor(terms.gasLimit);
        // SAFETY: the pledge covers every claim that stands.
        pledges[cut.threadId][account].amount -= uint128(left);
        left -= cut.toDoubter;
        uint256 others = terms.players.length - 1;
        cut.gasBefore += EACH_OTHER * others;
        // Never nothing: what the payment takes must not depend on the price, because wallets estimate with none.
        uint256 toRefuter = priceOf(cut) + (cut.toDoubter == 0 ? PREMIUM : 1);
        if (toRefuter > left) toRefuter = left;
        uint256 each = (left - toRefuter) / others;
        // What does not divide is the refuter's.
        toRefuter = left - each * others;
        for (uint256 i; i <= others; ++i) {
            if (i != cut.player) credit(address(0), terms.players[i], each);
        }
        emit Slashed(cut.threadId, account, msg.sender, toRefuter, each);
        push(address(0), msg.sender, toRefuter);
    }

    /// @dev What the sender has spent up to a stop of its own.
    function spentOn(bytes32 paused) private view returns (uint256) {
        return paused == 0 ? 0 : refutations[paused][msg.sender];
    }

    /// @dev Keeps what the sender has spent up to here. A path of its own: who goes on from somebody else's stop is paid for its own transactions.
    function note(bytes32 paused, Cut memory cut) private {
        uint256 cost = priceOf(cut);
        refutations[paused][msg.sender] = cost == 0 ? 1 : cost;
    }

    /// @dev All that the sender has spent, in wei: each transaction's gas at its own price, up to the cap.
    function priceOf(Cut memory cut) internal view returns (uint256) {
        uint256 price = tx.gasprice < GAS_PRICE_CAP ? tx.gasprice : GAS_PRICE_CAP;
        return cut.spentWei + (cut.gasBefore - gasleft() + AROUND + CALLDATA_GAS * msg.data.length) * price;
    }
}
