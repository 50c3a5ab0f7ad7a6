// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

bytes32 constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
bytes32 constant BREAKPOINT_TYPE = keccak256(
    "Breakpoint(bytes32 thread,uint64 epoch,uint64 nonce,bytes32 parent,bytes32 stateRoot,bytes32 inputsRoot,uint64 timestamp)"
);

/// @notice What is hashed and signed (sections 1 and 2 of the specification), each type once.
abstract contract TypedData is IThreads {
    bytes32 private constant THREAD_TAG = keccak256("evm-threads/thread/1");
    bytes32 private constant JOIN_TYPE = keccak256("Join(bytes32 thread,address player,address sessionKey)");
    bytes32 private constant CLOSE_TYPE =
        keccak256("Close(bytes32 thread,uint64 epoch,uint64 nonce,bytes32 parent,uint256[] payouts)");
    bytes32 private constant INPUT_TYPE = keccak256("Input(bytes32 thread,bytes32 txHash)");
    bytes32 private constant FORCE_TYPE =
        keccak256("Force(bytes32 thread,uint64 dispute,bytes32 parent,bytes32 txHash,uint64 timestamp)");
    bytes32 private constant ACCEPT_TYPE = keccak256("Accept(bytes32 thread,uint256 fee,uint256 bond)");
    bytes32 private constant RESULT_TYPE = keccak256("Result(bytes32 force,bytes32 stateRoot,uint256 fee)");
    bytes32 private constant INPUTS_TAG = keccak256("evm-threads/inputs/1");
    string private constant NAME = "EVM Threads";
    string private constant VERSION = "1";
    bytes32 private constant NAME_HASH = keccak256("EVM Threads");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @dev The chain that the court was deployed on. SAFETY: it does not follow a fork that takes a new chain id. Ids and certificates of the
    /// threads that both branches hold stay good on both, so that nobody's money is stranded; `open` refuses new threads on the new branch.
    uint256 internal immutable CHAIN_ID = block.chainid;
    bytes32 private immutable DOMAIN_SEPARATOR = separatorOf(block.chainid, address(this));
    /// @dev Where this code stands: another address than its own when it runs as the court's other half.
    address internal immutable SELF = address(this);

    /// @inheritdoc IThreads
    function eip712Domain()
        external
        view
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        return (0x0f, NAME, VERSION, CHAIN_ID, address(this), 0, new uint256[](0));
    }

    function threadIdFor(bytes32 termsHash) internal view returns (bytes32) {
        return keccak256(abi.encode(THREAD_TAG, CHAIN_ID, address(this), termsHash));
    }

    /// @dev The hash of a breakpoint: what parents and records name.
    function hashBreakpoint(bytes32 threadId, Breakpoint calldata breakpoint) internal pure returns (bytes32) {
        return keccak256(abi.encode(BREAKPOINT_TYPE, threadId, breakpoint));
    }

    /// @dev The same of one that the court made itself.
    function hashForced(bytes32 threadId, Breakpoint memory breakpoint) internal pure returns (bytes32) {
        return keccak256(abi.encode(BREAKPOINT_TYPE, threadId, breakpoint));
    }

    function hashForce(bytes32 threadId, uint64 dispute, bytes32 parent, bytes32 txHash, uint64 timestamp)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(FORCE_TYPE, threadId, dispute, parent, txHash, timestamp));
    }

    function hashInput(bytes32 threadId, bytes32 txHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(INPUT_TYPE, threadId, txHash));
    }

    /// @dev The inputs root of a batch (section 3): of these leaves and one input more.
    function hashInputs(bytes32[] memory others, bytes calldata raw, bytes calldata binding) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(INPUTS_TAG, others, keccak256(abi.encodePacked(raw, binding))));
    }

    /// @dev The inputs root of no input.
    function hashNoInputs() internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(INPUTS_TAG));
    }

    function hashClose(bytes32 threadId, uint64 epoch, uint64 nonce, bytes32 parent, uint256[] memory payouts)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(CLOSE_TYPE, threadId, epoch, nonce, parent, keccak256(abi.encodePacked(payouts))));
    }

    function hashJoin(bytes32 threadId, address player, address sessionKey) internal pure returns (bytes32) {
        return keccak256(abi.encode(JOIN_TYPE, threadId, player, sessionKey));
    }

    /// @dev What an oracle signs to take a thread.
    function hashAccept(bytes32 threadId, uint256 fee, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(ACCEPT_TYPE, threadId, fee, amount));
    }

    /// @dev What an oracle signs to answer for a move's result.
    function hashResult(bytes32 force, bytes32 stateRoot, uint256 fee) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESULT_TYPE, force, stateRoot, fee));
    }

    /// @dev What is signed for a struct's hash.
    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = address(this) == SELF ? DOMAIN_SEPARATOR : separatorOf(CHAIN_ID, address(this));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function separatorOf(uint256 chainId, address court) private pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, chainId, court));
    }
}
