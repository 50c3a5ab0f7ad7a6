// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";
import {Exits} from "../lib/Exits.sol";
import {Payments} from "../lib/Payments.sol";
import {Record} from "../lib/Record.sol";
import {StateTree} from "../lib/StateTree.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Vault} from "../lib/Vault.sol";
import {Port} from "../port/Port.sol";
import {Disputes} from "./Disputes.sol";
import {ThreadVault} from "./ThreadVault.sol";

/// @notice What leaves a thread while it is open, and afterwards (section 10 of the specification).
/// INVARIANT: what was redeemed and what is reserved of a thread is never more than what was paid into it, whatever its states say: two keys of one cheat can co-sign any.
/// SAFETY: what is recorded and signed only ever gives way to what follows it, and the port's receipts stay: so what is redeemed of one state is in all that come.
abstract contract Receipts is Disputes, Payments {
    using TermsLib for Terms;

    /// @dev In the asset's units. `reserved` is 0 until the end, and then what is left for receipts.
    struct Exited {
        uint128 redeemed;
        uint128 reserved;
    }

    /// @inheritdoc IThreads
    mapping(bytes32 threadId => Exited) public exited;
    mapping(bytes32 threadId => mapping(uint256 word => uint256 bits)) private done;

    /// @dev The court's creations number 1 and 2, where addresses are counted from: what a vault is a clone of, and the port's code for the judge.
    constructor() {
        new ThreadVault();
        new Port();
    }

    /// @inheritdoc IThreads
    function isRedeemed(bytes32 threadId, uint256 index) external view returns (bool) {
        return (done[threadId][index >> 8] >> (index & 0xff)) & 1 == 1;
    }

    /// @inheritdoc IThreads
    function checkpointAndRedeem(
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures,
        Receipt calldata receipt,
        bytes32[] calldata siblings
    ) external {
        bytes32 threadId = threadIdOf(terms);
        // Somebody else's checkpoint of the same must not make this one fail.
        if (hashBreakpoint(threadId, breakpoint) != entryOf(threadId).recorded) checkpoint(terms, breakpoint, signatures);
        redeem(terms, breakpoint, receipt, siblings);
    }

    /// @inheritdoc IThreads
    function redeem(Terms calldata terms, Breakpoint calldata breakpoint, Receipt calldata receipt, bytes32[] calldata siblings) public {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms);
        bytes32 hash = hashBreakpoint(threadId, breakpoint);
        // Where nothing is recorded no hash fits.
        if (hash != entry.recorded) revert WrongBreakpoint(hash, entry.recorded);
        if (bits.phase() == Phase.Disputed && bits.isForced()) revert NotSigned(hash);
        verifyReceipt(breakpoint.stateRoot, receipt, siblings);
        // INVARIANT: written before anybody else's code runs.
        tick(threadId, receipt.index);
        if (receipt.amount != 0) take(entry, bits, threadId, receipt.amount, terms.pot());
        emit Redeemed(threadId, receipt.index, receipt.target, receipt.amount);
        execute(threadId, terms.asset, receipt);
    }

    function verifyReceipt(bytes32 stateRoot, Receipt calldata receipt, bytes32[] calldata siblings) private pure {
        bytes32 path = StateTree.pathOf(StateTree.STORAGE, Exits.PORT, Exits.slotOf(receipt.index));
        bytes32 value = Exits.hashOf(receipt.index, receipt.sender, receipt.target, receipt.amount, receipt.data);
        StateTree.verify(stateRoot, path, value, siblings, 0, 0);
    }

    function tick(bytes32 threadId, uint256 index) private {
        uint256 word = done[threadId][index >> 8];
        uint256 bit = 1 << (index & 0xff);
        if (word & bit != 0) revert AlreadyRedeemed(index);
        done[threadId][index >> 8] = word | bit;
    }

    /// @dev While the thread is open out of its pot, afterwards out of what its end has left for receipts.
    function take(Entry storage entry, Record bits, bytes32 threadId, uint256 amount, uint256 pot) private {
        Exited memory so = exited[threadId];
        bool open = bits.phase() == Phase.Active || bits.phase() == Phase.Disputed;
        uint256 left = open ? pot - so.redeemed : so.reserved;
        if (amount > left) revert NotFunded(amount, left);
        // SAFETY: no more than the pot, which is below 2^128.
        unchecked {
            so.redeemed += uint128(amount);
            if (!open) so.reserved -= uint128(amount);
        }
        exited[threadId] = so;
        if (!bits.hasRedeemed()) entry.record = bits.withRedeemed();
    }

    /// @dev Whoever has no code cannot see who pays: all else comes from the thread's vault, at the address of its contract.
    function execute(bytes32 threadId, address asset, Receipt calldata receipt) private {
        (address target, uint256 amount, bytes calldata data) = (receipt.target, receipt.amount, receipt.data);
        bool isCall = data.length != 0;
        if (isCall && receipt.sender != Vault.addressOf(threadId, address(this))) revert NotTheContract(receipt.sender);
        if (isCall && target.code.length == 0) revert NoCode(target);
        if (asset != address(0)) {
            if (amount != 0 && !callToken(asset, abi.encodeWithSignature("transfer(address,uint256)", target, amount), gasleft())) {
                revert TokenRefused(asset, amount);
            }
            if (isCall) ThreadVault(Vault.ensure(threadId)).execute(target, data);
        } else if (target.code.length != 0) {
            ThreadVault(Vault.ensure(threadId)).execute{value: amount}(target, data);
        } else if (!sendEther(target, amount, gasleft())) {
            revert CallFailed(target, "");
        }
    }

    /// @dev A thread ends on a state in which the port has counted `total`: what was not redeemed of it stays. @return left the pot without it
    function reserve(bytes32 threadId, Record bits, uint256 total, uint256 pot) internal returns (uint256 left) {
        uint256 redeemed = bits.hasRedeemed() ? exited[threadId].redeemed : 0;
        // Only keys of one cheat can sign a total that is below what was redeemed, or above the pot.
        if (total < redeemed) total = redeemed;
        if (total > pot) total = pot;
        if (total != redeemed) exited[threadId].reserved = uint128(total - redeemed);
        return pot - total;
    }

    /// @dev The same with a total that everybody signed in a Close. From here on receipts are redeemed against its parent.
    function reserveSigned(bytes32 threadId, Entry storage entry, Record bits, bytes32 parent, bool any, uint256 total) internal {
        if (bits.hasRedeemed() && total < exited[threadId].redeemed) revert WrongPayouts(total, exited[threadId].redeemed);
        if (total != 0) reserve(threadId, bits, total, total);
        // A forced move that a Close has replaced is nobody's word.
        if (any || bits.isForced()) entry.recorded = parent;
    }

    function verifySlot(bytes32 stateRoot, bytes32 slot, SlotProof calldata proof) internal pure {
        bytes32 path = StateTree.pathOf(StateTree.STORAGE, Exits.PORT, slot);
        StateTree.verify(stateRoot, path, proof.value, proof.siblings, proof.otherPath, proof.otherValue);
    }
}
