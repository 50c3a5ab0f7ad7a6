// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title TicTacToe for a stake, as one writes it for the chain
/// @notice Each player stakes with its first move. The winner takes both stakes, a draw divides them, and who is late loses.
/// @dev Nothing here knows of threads.
contract TicTacToe {
    address public immutable x;
    address public immutable o;
    uint256 public immutable stake;
    /// @notice Seconds that a player has for its move.
    uint256 public immutable patience;

    uint8 private constant NOBODY = 0;
    uint8 private constant X = 1;
    uint8 private constant O = 2;
    uint8 private constant DRAW = 3;

    /// @dev The board, two bits a cell.
    uint32 private board;
    uint8 private moves;
    uint8 private result;
    uint64 private lastMoveAt;

    event Played(address indexed player, uint8 cell);
    event Won(address indexed player, uint256 prize);
    event Drawn(uint256 each);

    error NotYourTurn(address sender, address expected);
    error NoSuchCell(uint8 cell);
    error CellTaken(uint8 cell);
    error WrongStake(uint256 sent, uint256 expected);
    error GameOver();
    error GameNotStarted();
    error TooEarly(uint256 time, uint256 lateFrom);
    error PaymentFailed(address to);

    constructor(address x_, address o_, uint256 stake_, uint256 patience_) {
        require(x_ != address(0) && o_ != address(0) && x_ != o_, "two players");
        x = x_;
        o = o_;
        stake = stake_;
        patience = patience_;
    }

    /// @notice Marks a cell, 0 to 8, row by row. The first move of each player carries its stake.
    function play(uint8 cell) external payable {
        if (result != NOBODY) revert GameOver();
        address player = turn();
        if (msg.sender != player) revert NotYourTurn(msg.sender, player);
        if (cell > 8) revert NoSuchCell(cell);
        if (markAt(cell) != NOBODY) revert CellTaken(cell);
        uint256 due = moves < 2 ? stake : 0;
        if (msg.value != due) revert WrongStake(msg.value, due);

        uint8 mark = player == x ? X : O;
        board |= uint32(mark) << (2 * cell);
        ++moves;
        lastMoveAt = uint64(block.timestamp);
        emit Played(player, cell);

        if (hasLine(mark)) finish(mark);
        else if (moves == 9) finish(DRAW);
    }

    /// @notice Ends the game for the player who waits, once the other is late. With one stake in, that stake goes back.
    function claimTimeout() external {
        if (result != NOBODY) revert GameOver();
        if (moves == 0) revert GameNotStarted();
        uint256 lateFrom = lastMoveAt + patience;
        if (block.timestamp < lateFrom) revert TooEarly(block.timestamp, lateFrom);
        address waiting = turn() == x ? o : x;
        if (msg.sender != waiting) revert NotYourTurn(msg.sender, waiting);
        finish(waiting == x ? X : O);
    }

    /// @notice Whose move it is.
    function turn() public view returns (address) {
        return moves % 2 == 0 ? x : o;
    }

    /// @notice Who has won; 0 for nobody (yet).
    function winner() external view returns (address) {
        if (result == X) return x;
        return result == O ? o : address(0);
    }

    /// @notice Whether the game has ended.
    function over() external view returns (bool) {
        return result != NOBODY;
    }

    /// @notice The board row by row: 0 empty, 1 x, 2 o.
    function cells() external view returns (uint8[9] memory marks) {
        for (uint8 i; i < 9; ++i) marks[i] = markAt(i);
    }

    /// @dev Pays out everything that is in the contract.
    function finish(uint8 result_) private {
        result = result_;
        uint256 prize = address(this).balance;
        if (result_ == DRAW) {
            uint256 half = prize / 2;
            emit Drawn(half);
            pay(o, half);
            pay(x, prize - half);
        } else {
            address champion = result_ == X ? x : o;
            emit Won(champion, prize);
            pay(champion, prize);
        }
    }

    function pay(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert PaymentFailed(to);
    }

    function markAt(uint8 cell) private view returns (uint8) {
        return uint8((board >> (2 * cell)) & 3);
    }

    function hasLine(uint8 mark) private view returns (bool) {
        for (uint8 i; i < 3; ++i) {
            if (owns(mark, 3 * i, 3 * i + 1, 3 * i + 2) || owns(mark, i, i + 3, i + 6)) return true;
        }
        return owns(mark, 0, 4, 8) || owns(mark, 2, 4, 6);
    }

    function owns(uint8 mark, uint8 a, uint8 b, uint8 c) private view returns (bool) {
        return markAt(a) == mark && markAt(b) == mark && markAt(c) == mark;
    }
}
