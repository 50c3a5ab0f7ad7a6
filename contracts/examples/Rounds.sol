// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Thread} from "../lib/Thread.sol";

/// @notice Where winners get their trophies, on the chain.
interface IAwards {
    function award(address winner, uint256 round) external;
}

/// @title The race to 21, round after round, with prizes at once
/// @notice Two players count on by 1, 2 or 3 in turn. Who says 21 has won the round: what the other has staked on it and a trophy go to the winner's wallet on the
/// chain while the next round is played.
contract Rounds {
    uint8 public constant GOAL = 21;
    uint8 public constant MOST = 3;
    /// @dev Who calls `settle` at the end of a dispute.
    address private constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    address public immutable first;
    address public immutable second;
    /// @notice What the loser of a round pays, in wei; less when it has less.
    uint256 public immutable stake;
    IAwards public immutable awards;

    uint8 public count;
    address public turn;
    uint256 public round;
    mapping(address player => uint256) public budgets;
    mapping(address player => uint256) public wins;

    event Said(address indexed player, uint8 count);
    event Won(address indexed player, uint256 round, uint256 prize);

    error NotAPlayer(address sender);
    error NotYourTurn(address sender);
    error BadStep(uint8 step);
    error RoundOpen();
    error PaymentFailed(address to);

    constructor(address first_, address second_, uint256 stake_, IAwards awards_) {
        require(first_ != second_ && first_ != address(0) && second_ != address(0), "two players");
        (first, second, stake, awards) = (first_, second_, stake_, awards_);
        turn = first_;
    }

    /// @notice Adds to what the sender can lose.
    function fund() external payable {
        other(msg.sender);
        budgets[msg.sender] += msg.value;
    }

    /// @notice Counts on.
    function say(uint8 step) external {
        if (msg.sender != turn) revert NotYourTurn(msg.sender);
        if (step == 0 || step > MOST || count + step > GOAL) revert BadStep(step);
        count += step;
        emit Said(msg.sender, count);
        address next = other(msg.sender);
        turn = next;
        if (count == GOAL) win(msg.sender, next);
    }

    /// @notice Between two rounds a player can take back what it has not lost.
    function cashOut() external {
        other(msg.sender);
        if (count != 0) revert RoundOpen();
        refund(msg.sender);
    }

    /// @notice The open round is called off.
    function settle(address, address[] calldata, bytes calldata) external {
        if (msg.sender != SYSTEM) revert NotAPlayer(msg.sender);
        refund(first);
        refund(second);
    }

    function win(address winner, address loser) private {
        uint256 prize = stake < budgets[loser] ? stake : budgets[loser];
        uint256 number = round++;
        count = 0;
        budgets[loser] -= prize;
        ++wins[winner];
        emit Won(winner, number, prize);
        if (prize != 0) Thread.exit(winner, prize);
        Thread.exit(address(awards), 0, abi.encodeCall(IAwards.award, (winner, number)));
    }

    function refund(address player) private {
        uint256 amount = budgets[player];
        budgets[player] = 0;
        (bool sent,) = player.call{value: amount}("");
        if (!sent) revert PaymentFailed(player);
    }

    function other(address player) private view returns (address) {
        if (player != first && player != second) revert NotAPlayer(player);
        return player == first ? second : first;
    }
}
