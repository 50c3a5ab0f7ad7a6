// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A plain token whose oddities the contracts below it choose. Anyone may mint.
contract PlainToken {
    uint8 public immutable decimals;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external virtual returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external virtual returns (bool) {
        allowance[from][msg.sender] -= amount;
        move(from, to, amount);
        return true;
    }

    function move(address from, address to, uint256 amount) internal virtual {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Keeps a hundredth of every transfer.
contract FeeToken is PlainToken {
    constructor() PlainToken(18) {}

    function move(address from, address to, uint256 amount) internal override {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount / 100;
    }
}

/// @notice Says false, and moves nothing, when told to.
contract FalseToken is PlainToken {
    bool public refusing;

    constructor() PlainToken(18) {}

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (!refusing) move(msg.sender, to, amount);
        return !refusing;
    }

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        if (!refusing) move(from, to, amount);
        return !refusing;
    }
}

/// @notice Burns all gas that it is given for a transfer to a blocked account, returns a megabyte to a noisy one.
contract HostileToken is PlainToken {
    mapping(address => uint256) public mode;

    constructor() PlainToken(18) {}

    function setMode(address account, uint256 mode_) external {
        mode[account] = mode_;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        if (mode[to] == 1) while (true) {}
        if (mode[to] == 2) {
            assembly {
                return(0, 10000)
            }
        }
        move(msg.sender, to, amount);
        return true;
    }
}

/// @notice Calls back whoever pays, before the money moves.
contract CallbackToken is PlainToken {
    constructor() PlainToken(18) {}

    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        if (from.code.length != 0) IPayer(from).tokensToSend();
        allowance[from][msg.sender] -= amount;
        move(from, to, amount);
        return true;
    }
}

interface IPayer {
    function tokensToSend() external;
}

/// @notice As USDT: nothing is returned.
contract SilentToken {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
