// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice Money in and out, in ether (asset 0) or an ERC-20. A payee can neither stop nor change another's payout: pushes have bounded
/// gas and bounded return data, and what fails is credited.
abstract contract Payments is IThreads {
    uint256 private constant PUSH_GAS = 50_000;
    /// @dev Tokens behind a proxy need more than 50,000 for a payee who never held them.
    uint256 private constant TOKEN_PUSH_GAS = 150_000;
    /// @dev What must be left before a push, so that who calls cannot make it fail by giving too little gas: CALL passes on
    /// at most 63/64 of what is left after its own cost (2,600 cold, 9,000 value, 25,000 new account).
    uint256 private constant PUSH_RESERVE = 40_000;

    /// @inheritdoc IThreads
    mapping(address asset => mapping(address account => uint256)) public credits;

    /// @dev A token that calls back while its deposit is measured must not have another deposit measured with it.
    bool private transient pulling;

    /// @inheritdoc IThreads
    function withdraw(address asset) external {
        uint256 amount = credits[asset][msg.sender];
        if (amount == 0) revert NothingToWithdraw(asset, msg.sender);
        credits[asset][msg.sender] = 0;
        bool sent = asset == address(0)
            ? sendEther(msg.sender, amount, gasleft())
            : callToken(asset, abi.encodeWithSignature("transfer(address,uint256)", msg.sender, amount), gasleft());
        if (!sent) revert WithdrawFailed(asset, msg.sender, amount);
        emit Withdrawn(asset, msg.sender, amount);
    }

    /// @dev Takes `amount` from the sender, and refuses whatever brings less or more.
    function pull(address asset, uint256 amount) internal {
        uint256 expected = asset == address(0) ? amount : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);
        if (asset != address(0) && amount != 0) pullToken(asset, amount);
    }

    function pullToken(address token, uint256 amount) private {
        if (pulling) revert TokenReentered(token);
        pulling = true;
        uint256 before = balanceOf(token);
        bytes memory call_ = abi.encodeWithSignature("transferFrom(address,address,uint256)", msg.sender, address(this), amount);
        if (!callToken(token, call_, gasleft())) revert TokenRefused(token, amount);
        uint256 now_ = balanceOf(token);
        uint256 received = now_ > before ? now_ - before : 0;
        if (received != amount) revert TokenFee(token, received, amount);
        pulling = false;
    }

    /// @dev Pays `amount` to `account`, or credits it. Callers have written the end of the thread before.
    function push(address asset, address account, uint256 amount) internal {
        if (amount == 0) return;
        bool sent;
        if (asset == address(0)) {
            requireGas(PUSH_GAS);
            sent = sendEther(account, amount, PUSH_GAS);
        } else {
            requireGas(TOKEN_PUSH_GAS);
            sent = callToken(asset, abi.encodeWithSignature("transfer(address,uint256)", account, amount), TOKEN_PUSH_GAS);
        }
        if (!sent) credit(asset, account, amount);
    }

    /// @dev What the account can withdraw.
    function credit(address asset, address account, uint256 amount) internal {
        credits[asset][account] += amount;
        emit Credited(asset, account, amount);
    }

    function requireGas(uint256 forPush) private view {
        uint256 needed = forPush * 64 / 63 + PUSH_RESERVE;
        if (gasleft() < needed) revert GasTooLow(gasleft(), needed);
    }

    /// @dev Copies no return data, however much there is.
    function sendEther(address account, uint256 amount, uint256 gasLimit) internal returns (bool sent) {
        assembly ("memory-safe") {
            sent := call(gasLimit, account, amount, 0, 0, 0, 0)
        }
    }

    /// @dev True when the token has code and returned nothing (as USDT does) or one true word. Copies one word at most.
    function callToken(address token, bytes memory call_, uint256 gasLimit) internal returns (bool done) {
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(gasLimit, token, 0, add(call_, 32), mload(call_), 0, 32)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, and(gt(returndatasize(), 31), eq(mload(0), 1))) }
        }
    }

    function balanceOf(address token) private view returns (uint256 held) {
        bytes memory call_ = abi.encodeWithSignature("balanceOf(address)", address(this));
        bool done;
        assembly ("memory-safe") {
            done := staticcall(gas(), token, add(call_, 32), mload(call_), 0, 32)
            done := and(done, gt(returndatasize(), 31))
            held := mload(0)
        }
        if (!done) revert TokenRefused(token, 0);
    }
}
