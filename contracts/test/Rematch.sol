// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title TicTacToe's moves, game after game
/// @notice The same board, checks and events as examples/TicTacToe.sol, without a stake and without an end: a finished game begins anew.
/// For measurements that need more than nine moves in one thread.
contract Rematch {
    address public immutable x;
    address public immutable o;

    uint8 private constant X = 1;
    uint8 private constant O = 2;

    uint32 private board;
    uint8 private moves;
    uint64 private lastMoveAt;
    uint64 public games;

    event Played(address indexed player, uint8 cell);
    event Over(uint64 indexed game);

    error NotYourTurn(address sender, address expected);
    error NoSuchCell(uint8 cell);
    error CellTaken(uint8 cell);

    constructor(address x_, address o_) {
        x = x_;
        o = o_;
    }

    /// @notice Marks a cell, 0 to 8, row by row.
    function play(uint8 cell) external {
        address player = turn();
        if (msg.sender != player) revert NotYourTurn(msg.sender, player);
        mark(player, cell);
    }

    /// @notice Marks a cell for whoever's turn it is: one player can play both sides, so that a whole batch comes from one sender.
    function playBoth(uint8 cell) external {
        mark(turn(), cell);
    }

    /// @notice Whose move it is.
    function turn() public view returns (address) {
        return moves % 2 == 0 ? x : o;
    }

    function mark(address player, uint8 cell) private {
        if (cell > 8) revert NoSuchCell(cell);
        if (markAt(cell) != 0) revert CellTaken(cell);
        uint8 own = player == x ? X : O;
        board |= uint32(own) << (2 * cell);
        ++moves;
        lastMoveAt = uint64(block.timestamp);
        emit Played(player, cell);
        if (hasLine(own) || moves == 9) {
            emit Over(games++);
            board = 0;
            moves = 0;
        }
    }

    function markAt(uint8 cell) private view returns (uint8) {
        return uint8((board >> (2 * cell)) & 3);
    }

    function hasLine(uint8 own) private view returns (bool) {
        for (uint8 i; i < 3; ++i) {
            if (owns(own, 3 * i, 3 * i + 1, 3 * i + 2) || owns(own, i, i + 3, i + 6)) return true;
        }
        return owns(own, 0, 4, 8) || owns(own, 2, 4, 6);
    }

    function owns(uint8 own, uint8 a, uint8 b, uint8 c) private view returns (bool) {
        return markAt(a) == own && markAt(b) == own && markAt(c) == own;
    }
}
