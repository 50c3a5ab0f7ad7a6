// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Thread} from "../lib/Thread.sol";

/// @title An English auction as a routine
/// @notice One of the players sells, the others bid in no order, and each bid puts the hammer off. There is no storage for who leads, with how much, and until when: these are variables of a loop.
/// @dev For a thread of codeKind 2 with `settle` as its settlement function. A bid is its value, without data; after the time of the last one anybody ends the auction by sending nothing.
contract Auction {
    address public immutable seller;
    /// @notice Seconds after the last bid in which a higher one can come.
    uint256 public immutable patience;
    /// @notice Whose it is: the seller's until it is sold.
    address public owner;
    address[] private bidders;

    event Bid(address indexed bidder, uint256 amount, uint256 until);
    event Sold(address indexed buyer, uint256 price);

    error NotTheOwner(address sender);
    error TooLow(uint256 bid, uint256 least);
    error TooLate(uint256 time, uint256 until);
    error NotABidder(address sender);
    error NotTheCourt(address sender);
    error PaymentFailed(address to);

    constructor(address seller_, address[] memory bidders_, uint256 patience_) {
        (seller, bidders, patience) = (seller_, bidders_, patience_);
        owner = seller_;
    }

    /// @notice The auction, from the first call to the hammer. `reserve` is the least first bid.
    function sell(uint256 reserve) external {
        if (owner != seller || msg.sender != seller) revert NotTheOwner(msg.sender);
        address[] memory everyone = all();
        (address leader, uint256 price, uint256 until) = (address(0), 0, type(uint256).max);
        uint256 place = Thread.mark();
        while (true) {
            (address from,) = Thread.breakpoint(this.hammer.selector, everyone, abi.encode(leader, price));
            (uint256 time, uint256 bid) = (Thread.time(), Thread.value());
            if (time >= until) {
                if (bid != 0) revert TooLate(time, until);
                break;
            }
            if (from == seller) revert NotABidder(from);
            if (bid <= price || bid < reserve) revert TooLow(bid, price < reserve ? reserve : price + 1);
            if (leader != address(0)) pay(leader, price);
            (leader, price, until) = (from, bid, time + patience);
            emit Bid(from, bid, until);
            // What this round has put into memory would otherwise wait with the next one.
            Thread.release(place);
        }
        sold(leader, price);
    }

    /// @notice Nobody has come any more: sold to who leads.
    function hammer(address, address[] calldata, bytes calldata data) external {
        if (msg.sender != Thread.COURT) revert NotTheCourt(msg.sender);
        (address leader, uint256 price) = abi.decode(data, (address, uint256));
        if (leader != address(0)) sold(leader, price);
    }

    /// @notice Before and after the auction nothing lies here.
    function settle(address, address[] calldata, bytes calldata) external view {
        if (msg.sender != Thread.COURT) revert NotTheCourt(msg.sender);
    }

    function sold(address buyer, uint256 price) private {
        owner = buyer;
        emit Sold(buyer, price);
        pay(seller, price);
    }

    function pay(address to, uint256 amount) private {
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert PaymentFailed(to);
    }

    function all() private view returns (address[] memory everyone) {
        everyone = new address[](bidders.length + 1);
        everyone[0] = seller;
        for (uint256 i; i < bidders.length; ++i) everyone[i + 1] = bidders[i];
    }
}
