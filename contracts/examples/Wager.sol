// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A wager on how many primes there are below a number, decided by counting them
/// @notice Each player stakes and says a number; then anyone has them counted, in one call of one ordinary function, however long that takes. Who was nearer gets both stakes.
/// @dev For a thread of codeKind 2 with `pieceGas`: the count waits wherever it is behind so much gas, is signed, and goes on, over as many transactions as it takes. `settle` is its settlement function.
contract Wager {
    /// @dev Who settles at the end of a dispute.
    address private constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    uint256 public immutable below;
    address[2] public players;
    uint256[2] public guesses;
    /// @notice How many there are; 0 until they are counted.
    uint256 public primes;
    bool public over;

    event Counted(uint256 primes, address nearer);

    error NotNow();
    error WrongStake(uint256 sent, uint256 expected);
    error NotTheCourt(address sender);
    error PaymentFailed(address to);

    constructor(uint256 below_) {
        below = below_;
    }

    /// @notice Stakes on a number; the second one stakes as much as the first.
    function guess(uint256 number) external payable {
        uint256 seat = players[0] == address(0) ? 0 : 1;
        if (players[seat] != address(0) || players[0] == msg.sender) revert NotNow();
        if (seat == 1 && msg.value != address(this).balance - msg.value) revert WrongStake(msg.value, address(this).balance - msg.value);
        (players[seat], guesses[seat]) = (msg.sender, number);
    }

    /// @notice Counts, and pays who was nearer; of two who were as near, each has its stake back.
    function count() external {
        if (over || players[1] == address(0)) revert NotNow();
        uint256 found;
        for (uint256 number = 2; number < below; ++number) {
            bool isPrime = true;
            for (uint256 divisor = 2; divisor * divisor <= number; ++divisor) {
                if (number % divisor == 0) {
                    isPrime = false;
                    break;
                }
            }
            if (isPrime) ++found;
        }
        (uint256 first, uint256 second) = (distance(guesses[0], found), distance(guesses[1], found));
        primes = found;
        emit Counted(found, first == second ? address(0) : players[first < second ? 0 : 1]);
        end(first == second ? address(0) : players[first < second ? 0 : 1]);
    }

    /// @notice A dispute ends before they are counted: each has its stake back.
    function settle(address, address[] calldata, bytes calldata) external {
        if (msg.sender != SYSTEM) revert NotTheCourt(msg.sender);
        if (!over && players[1] != address(0)) end(address(0));
    }

    function distance(uint256 one, uint256 other) private pure returns (uint256) {
        return one > other ? one - other : other - one;
    }

    /// @dev Everything to who was nearer, or half to each.
    function end(address nearer) private {
        over = true;
        uint256 each = address(this).balance / 2;
        pay(nearer == address(0) ? players[0] : nearer, each);
        pay(nearer == address(0) ? players[1] : nearer, each);
    }

    function pay(address to, uint256 amount) private {
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed(to);
    }
}
