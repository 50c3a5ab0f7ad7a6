// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice Signatures as the specification's section 2 has them: 65 bytes r ‖ s ‖ v, v 27 or 28, s in the lower half of the order.
library Signatures {
    uint256 private constant LENGTH = 65;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    /// @dev EIP-1271: isValidSignature(bytes32,bytes), which is its own answer.
    bytes4 private constant VALID = 0x1626ba7e;

    /// @notice Refuses anything but one valid signature of each signer over `digest`, in the signers' order.
    function requireAll(bytes32 digest, address[] calldata signers, bytes calldata signatures) internal pure {
        uint256 count = signers.length;
        if (signatures.length != count * LENGTH) revert IThreads.BadSignatureLength(signatures.length, count * LENGTH);
        for (uint256 i; i < count; ++i) {
            address recovered = recover(digest, signatures, i);
            // INVARIANT: no signer is address 0, which is what an invalid signature recovers to.
            if (recovered != signers[i]) revert IThreads.BadSignature(i, recovered, signers[i]);
        }
    }

    /// @notice Refuses anything but one valid signature of `signer`, the player at `index`, over `digest`.
    function requireOne(bytes32 digest, address signer, uint256 index, bytes calldata signature) internal pure {
        if (signature.length != LENGTH) revert IThreads.BadSignatureLength(signature.length, LENGTH);
        address recovered = recover(digest, signature, 0);
        // INVARIANT: no signer is address 0, which is what an invalid signature recovers to.
        if (recovered != signer) revert IThreads.BadSignature(index, recovered, signer);
    }

    /// @notice Whether `wallet` authorised `digest`: by its key, or by its own word when it has code.
    function isAuthorised(bytes32 digest, address wallet, bytes calldata signature) internal view returns (bool) {
        if (wallet.code.length != 0) return isValid1271(digest, wallet, signature);
        if (signature.length != LENGTH) revert IThreads.BadSignatureLength(signature.length, LENGTH);
        return recover(digest, signature, 0) == wallet;
    }

    /// @dev The signature at `index`; 0 when it is invalid. SAFETY: the caller has checked the length.
    function recover(bytes32 digest, bytes calldata signatures, uint256 index) private pure returns (address) {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            let at := add(signatures.offset, mul(index, 65))
            r := calldataload(at)
            s := calldataload(add(at, 32))
            v := byte(0, calldataload(add(at, 64)))
        }
        if (uint256(s) > HALF_ORDER) revert IThreads.MalleableSignature(index);
        // The precompile itself takes no v but 27 and 28.
        return ecrecover(digest, v, r, s);
    }

    /// @dev Takes one word of what the wallet returns, however much that is.
    function isValid1271(bytes32 digest, address wallet, bytes calldata signature) private view returns (bool valid) {
        bytes memory call_ = abi.encodeWithSelector(VALID, digest, signature);
        bytes32 answer = VALID;
        assembly ("memory-safe") {
            mstore(0, 0)
            valid := staticcall(gas(), wallet, add(call_, 32), mload(call_), 0, 32)
            valid := and(valid, and(gt(returndatasize(), 31), eq(mload(0), answer)))
        }
    }
}
