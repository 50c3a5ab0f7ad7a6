// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Any number of players count in turns for a stake; whoever reaches the goal takes all, and who is late leaves all to the others.
contract Ring {
    address[] public players;
    uint256 public immutable goal;
    uint256 public immutable stake;
    uint256 public immutable patience;
    uint256 public count;
    uint256 public lastAt;
    bool public over;

    error NotYourTurn(address sender, address expected);
    error WrongStake(uint256 sent, uint256 expected);
    error TooEarly(uint256 time, uint256 lateFrom);
    error Finished();

    constructor(address[] memory players_, uint256 goal_, uint256 stake_, uint256 patience_) {
        require(players_.length > 1, "players");
        (players, goal, stake, patience) = (players_, goal_, stake_, patience_);
    }

    function turn() public view returns (address) {
        return players[count % players.length];
    }

    /// @notice Counts on. The last count wins.
    function next() external payable {
        if (over) revert Finished();
        if (msg.sender != turn()) revert NotYourTurn(msg.sender, turn());
        if (msg.value != stake) revert WrongStake(msg.value, stake);
        lastAt = block.timestamp;
        if (++count < goal) return;
        over = true;
        pay(msg.sender, address(this).balance);
    }

    /// @notice Whose turn it is has let the time pass: the others share what was staked.
    function claimTimeout() external {
        if (over || count == 0) revert Finished();
        if (msg.sender == turn()) revert NotYourTurn(msg.sender, turn());
        if (block.timestamp < lastAt + patience) revert TooEarly(block.timestamp, lastAt + patience);
        over = true;
        address late = turn();
        uint256 each = address(this).balance / (players.length - 1);
        for (uint256 i; i < players.length; ++i) if (players[i] != late) pay(players[i], each);
    }

    function pay(address to, uint256 amount) private {
        (bool paid,) = to.call{value: amount}("");
        require(paid, "payment");
    }
}
