// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An account made of code that does what it is told to: a wallet with EIP-1271, and a payee that can be hostile.
contract Payee {
    uint256 public constant ACCEPT = 0;
    uint256 public constant REVERT = 1;
    uint256 public constant BURN = 2;
    uint256 public constant NOISE = 3;
    uint256 public constant REENTER = 4;
    uint256 public constant REENTER_AND_FORGIVE = 5;

    uint256 public mode;
    address private target;
    bytes private call_;
    /// @notice What became of the call that was made from inside.
    bool public reentered;
    bytes public refusal;
    bytes32 private accepted;

    function setMode(uint256 mode_, address target_, bytes calldata callData) external {
        mode = mode_;
        target = target_;
        call_ = callData;
    }

    /// @notice The one digest that `isValidSignature` accepts.
    function acceptDigest(bytes32 digest) external {
        accepted = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == accepted ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    /// @notice Calls anything, as a wallet does.
    function execute(address to, bytes calldata data) external payable {
        (bool done, bytes memory answer) = to.call{value: msg.value}(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @notice What a token with callbacks calls before it takes our money.
    function tokensToSend() external {
        if (mode == REENTER || mode == REENTER_AND_FORGIVE) callInside();
    }

    receive() external payable {
        if (mode == REVERT) revert("no");
        if (mode == BURN) while (true) {}
        if (mode == NOISE) {
            assembly {
                revert(0, 20000)
            }
        }
        if (mode == REENTER) callInside();
    }

    function callInside() private {
        (bool done, bytes memory answer) = target.call(call_);
        reentered = done;
        if (mode == REENTER_AND_FORGIVE) refusal = answer;
        else if (!done && msg.value == 0) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @notice A constructor that reverts.
contract Refusing {
    error NotToday();

    constructor() {
        revert NotToday();
    }
}
