// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Any number of players count in turns, each paying in with its count; whoever reaches the goal takes all.
contract RoundRobin {
    address[] public players;
    uint256 public immutable goal;
    uint256 public immutable stake;
    uint256 public count;

    event Counted(address indexed player, uint256 count);

    error NotYourTurn(address sender, address expected);
    error WrongStake(uint256 sent, uint256 expected);
    error Finished();

    constructor(address[] memory players_, uint256 goal_, uint256 stake_) {
        require(players_.length > 1, "players");
        players = players_;
        goal = goal_;
        stake = stake_;
    }

    function turn() public view returns (address) {
        return players[count % players.length];
    }

    function next() external payable {
        if (count == goal) revert Finished();
        if (msg.sender != turn()) revert NotYourTurn(msg.sender, turn());
        if (msg.value != stake) revert WrongStake(msg.value, stake);
        emit Counted(msg.sender, ++count);
        if (count < goal) return;
        (bool paid,) = msg.sender.call{value: address(this).balance}("");
        require(paid, "payment");
    }
}
