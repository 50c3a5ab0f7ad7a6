// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "./interfaces/IThreads.sol";
import {MultiProof} from "./lib/MultiProof.sol";
import {Signatures} from "./lib/Signatures.sol";
import {StateTree} from "./lib/StateTree.sol";
import {BREAKPOINT_TYPE, DOMAIN_TYPE} from "./lib/TypedData.sol";
import {Vault} from "./lib/Vault.sol";

/// @title For contracts that believe threads: is a breakpoint signed by all of its thread's players, and is a value in its state?
/// @notice It holds nothing, and asks the court nothing but its domain. A thread is its terms: whoever believes one has to know which terms it takes (whose contract,
/// which players, opened on the court or not), because anybody can make up terms whose keys are all its own.
/// A breakpoint that all have signed is true for good as a statement of theirs; that none follows it is a thing that no signature says.
contract BreakpointVerifier {
    /// @notice A slot of an account in a thread's state, and the word in it.
    struct SlotValue {
        address account;
        bytes32 slot;
        bytes32 value; // 0 for an absent slot, too
    }

    /// @notice The state does not hold these values.
    error OtherRoot(bytes32 proven, bytes32 expected);

    /// @notice The court of the threads that this contract knows.
    IThreads public immutable court;
    bytes32 private immutable domainSeparator;

    constructor(IThreads court_) {
        (, string memory name, string memory version, uint256 chainId, address verifyingContract,,) = court_.eip712Domain();
        domainSeparator = keccak256(abi.encode(DOMAIN_TYPE, keccak256(bytes(name)), keccak256(bytes(version)), chainId, verifyingContract));
        court = court_;
    }

    /// @notice Refuses a breakpoint that was not signed by every session key of the terms, naming the signature at fault.
    /// @param signatures each session key's 65 bytes, in the players' order
    /// @return threadId the id of the thread with these terms
    function requireSigned(IThreads.Terms calldata terms, IThreads.Breakpoint calldata breakpoint, bytes calldata signatures)
        public
        view
        returns (bytes32 threadId)
    {
        threadId = court.threadIdOf(terms);
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainSeparator, hashOf(threadId, breakpoint)));
        Signatures.requireAll(digest, terms.sessionKeys, signatures);
    }

    /// @notice The same as a yes or no.
    function isSigned(IThreads.Terms calldata terms, IThreads.Breakpoint calldata breakpoint, bytes calldata signatures) external view returns (bool) {
        try this.requireSigned(terms, breakpoint, signatures) {
            return true;
        } catch {
            return false;
        }
    }

    /// @notice Whether the court has recorded just this breakpoint; a forced move's, too.
    function isRecorded(bytes32 threadId, IThreads.Breakpoint calldata breakpoint) external view returns (bool) {
        return court.record(threadId).recorded == hashOf(threadId, breakpoint);
    }

    /// @notice Refuses values that are not those of a state.
    /// @param proof of all slots in this order (section 4 of the specification)
    function requireValues(bytes32 stateRoot, SlotValue[] calldata values, bytes calldata proof) external pure {
        uint256 items;
        uint256 count = values.length;
        assembly ("memory-safe") {
            items := mload(0x40)
            mstore(0x40, add(items, mul(count, 0x60)))
        }
        for (uint256 i; i < count; ++i) {
            bytes32 path = StateTree.pathOf(StateTree.STORAGE, values[i].account, values[i].slot);
            bytes32 value = values[i].value;
            assembly ("memory-safe") {
                let item := add(items, mul(i, 0x60))
                mstore(item, path)
                mstore(add(item, 0x20), value)
                mstore(add(item, 0x40), value)
            }
        }
        (bytes32 proven,) = MultiProof.update(items, count, proof);
        if (proven != stateRoot) revert OtherRoot(proven, stateRoot);
    }

    /// @notice Where the thread's own contract stands inside it, and its vault on the chain.
    function contractOf(bytes32 threadId) external view returns (address) {
        return Vault.addressOf(threadId, address(court));
    }

    /// @notice The hash of a breakpoint.
    function hashOf(bytes32 threadId, IThreads.Breakpoint calldata breakpoint) public pure returns (bytes32) {
        return keccak256(abi.encode(BREAKPOINT_TYPE, threadId, breakpoint));
    }
}
