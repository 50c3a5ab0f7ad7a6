// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A metered service: a client pays a provider for each unit served
/// @notice The client puts a budget in; the provider reports what it served, the client accepts it, and the provider collects what was
/// accepted. Either can close: what is accepted goes to the provider, the rest to the client.
/// @dev Nothing here knows of threads.
contract MeteredService {
    address public immutable client;
    address public immutable provider;
    /// @notice Price of one unit, in wei.
    uint256 public immutable price;

    uint256 public served;
    uint256 public accepted;
    uint256 public collected;
    bool public closed;

    event Funded(uint256 amount);
    event Served(uint256 units, uint256 total);
    event Accepted(uint256 units, uint256 total);
    event Collected(uint256 amount);
    event Closed(uint256 toProvider, uint256 toClient);

    error OnlyClient(address sender);
    error OnlyProvider(address sender);
    error OnlyParties(address sender);
    error AlreadyClosed();
    error NotServed(uint256 units, uint256 open);
    error BudgetSpent(uint256 units, uint256 affordable);
    error PaymentFailed(address to);

    modifier whileOpen() {
        if (closed) revert AlreadyClosed();
        _;
    }

    constructor(address client_, address provider_, uint256 price_) {
        require(client_ != address(0) && provider_ != address(0) && price_ != 0, "a client, a provider and a price");
        client = client_;
        provider = provider_;
        price = price_;
    }

    /// @notice Adds to the client's budget.
    function fund() external payable whileOpen {
        if (msg.sender != client) revert OnlyClient(msg.sender);
        emit Funded(msg.value);
    }

    /// @notice Reports units as served. The provider risks no more than what the client has not accepted yet.
    function serve(uint256 units) external whileOpen {
        if (msg.sender != provider) revert OnlyProvider(msg.sender);
        uint256 open = affordable();
        if (units > open) revert BudgetSpent(units, open);
        served += units;
        emit Served(units, served);
    }

    /// @notice Accepts units that were served: they are the provider's money from now on.
    function accept(uint256 units) external whileOpen {
        if (msg.sender != client) revert OnlyClient(msg.sender);
        uint256 open = served - accepted;
        if (units > open) revert NotServed(units, open);
        accepted += units;
        emit Accepted(units, accepted);
    }

    /// @notice Pays the provider what was accepted so far.
    function collect() external whileOpen {
        if (msg.sender != provider) revert OnlyProvider(msg.sender);
        uint256 due = accepted * price - collected;
        collected += due;
        emit Collected(due);
        pay(provider, due);
    }

    /// @notice Ends the service, by either side.
    function close() external whileOpen {
        if (msg.sender != client && msg.sender != provider) revert OnlyParties(msg.sender);
        closed = true;
        uint256 toProvider = accepted * price - collected;
        uint256 toClient = address(this).balance - toProvider;
        collected += toProvider;
        emit Closed(toProvider, toClient);
        pay(provider, toProvider);
        pay(client, toClient);
    }

    /// @notice Units that the budget still covers, beyond those served.
    function affordable() public view returns (uint256) {
        return (address(this).balance + collected) / price - served;
    }

    function pay(address to, uint256 amount) private {
        if (amount == 0) return;
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert PaymentFailed(to);
    }
}
