// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Thread} from "../lib/Thread.sol";

/// @title TicTacToe for a stake, as one tells it: a routine
/// @notice The whole game is one function, and its board lies in that function's memory. Each player stakes with its first move; who is late loses.
/// @dev For a thread of codeKind 2 with `settle` as its settlement function. What a player sends is one word, the number of a cell.
contract Morpion {
    uint8 private constant EMPTY = 0;

    address public immutable x;
    address public immutable o;
    uint256 public immutable stake;
    /// @notice Who has won; 0 for nobody (yet).
    address public winner;
    bool public over;
    uint8[9] private last;

    event Played(address indexed player, uint8 cell);
    event Won(address indexed player, uint256 prize);
    event Drawn(uint256 each);

    error GameOver();
    error NoSuchCell(uint8 cell);
    error CellTaken(uint8 cell);
    error WrongStake(uint256 sent, uint256 expected);
    error NotTheCourt(address sender);
    error PaymentFailed(address to);

    constructor(address x_, address o_, uint256 stake_) {
        (x, o, stake) = (x_, o_, stake_);
    }

    /// @notice The game, from the empty board to its end. Anyone starts it.
    function play() external {
        if (over) revert GameOver();
        uint8[9] memory board;
        uint8 moves;
        address player = x;
        while (true) {
            uint8 cell = abi.decode(Thread.breakpoint(this.forfeit.selector, player, abi.encode(board)), (uint8));
            if (cell > 8) revert NoSuchCell(cell);
            if (board[cell] != EMPTY) revert CellTaken(cell);
            uint256 due = moves < 2 ? stake : 0;
            if (Thread.value() != due) revert WrongStake(Thread.value(), due);
            uint8 mark = player == x ? 1 : 2;
            board[cell] = mark;
            emit Played(player, cell);
            if (hasLine(board, mark)) return win(player, board);
            if (++moves == 9) return draw(board);
            player = player == x ? o : x;
        }
    }

    /// @notice Nobody has moved in time: what is staked goes to the other.
    function forfeit(address, address[] calldata movers, bytes calldata data) external {
        if (msg.sender != Thread.COURT) revert NotTheCourt(msg.sender);
        win(movers[0] == x ? o : x, abi.decode(data, (uint8[9])));
    }

    /// @notice Before and after the game nothing is at stake.
    function settle(address, address[] calldata, bytes calldata) external view {
        if (msg.sender != Thread.COURT) revert NotTheCourt(msg.sender);
    }

    /// @notice The board at the end, row by row: 0 empty, 1 x, 2 o. Until then it is what the contract says when it waits.
    function cells() external view returns (uint8[9] memory) {
        return last;
    }

    function win(address player, uint8[9] memory board) private {
        (over, winner, last) = (true, player, board);
        uint256 prize = address(this).balance;
        emit Won(player, prize);
        pay(player, prize);
    }

    function draw(uint8[9] memory board) private {
        (over, last) = (true, board);
        uint256 each = address(this).balance / 2;
        emit Drawn(each);
        pay(o, each);
        pay(x, address(this).balance);
    }

    function pay(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert PaymentFailed(to);
    }

    function hasLine(uint8[9] memory board, uint8 mark) private pure returns (bool) {
        for (uint8 i; i < 3; ++i) {
            if (owns(board, mark, 3 * i, 3 * i + 1, 3 * i + 2) || owns(board, mark, i, i + 3, i + 6)) return true;
        }
        return owns(board, mark, 0, 4, 8) || owns(board, mark, 2, 4, 6);
    }

    function owns(uint8[9] memory board, uint8 mark, uint8 a, uint8 b, uint8 c) private pure returns (bool) {
        return board[a] == mark && board[b] == mark && board[c] == mark;
    }
}
