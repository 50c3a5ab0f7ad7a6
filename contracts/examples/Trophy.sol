// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IAwards} from "./Rounds.sol";

/// @title Trophies for winners: an ordinary ERC-721, which knows nothing of threads
/// @notice Whoever the issuer admits can award them. A thread's contract calls from one address, inside the thread and on the chain, and that is known when the
/// thread is opened.
contract Trophy is ERC721, IAwards {
    address public immutable issuer;
    mapping(address account => bool) public admitted;
    uint256 public awarded;

    event Awarded(address indexed by, address indexed winner, uint256 round, uint256 tokenId);

    error NotTheIssuer(address sender);
    error NotAdmitted(address sender);

    constructor() ERC721("Trophy", "TROPHY") {
        issuer = msg.sender;
    }

    /// @notice From now on `account` can award trophies.
    function admit(address account) external {
        if (msg.sender != issuer) revert NotTheIssuer(msg.sender);
        admitted[account] = true;
    }

    /// @inheritdoc IAwards
    function award(address winner, uint256 round) external {
        if (!admitted[msg.sender]) revert NotAdmitted(msg.sender);
        uint256 tokenId = awarded++;
        emit Awarded(msg.sender, winner, round, tokenId);
        _mint(winner, tokenId);
    }
}
