// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the judge is measured on.
contract Workloads {
    mapping(uint256 => uint256) private values;
    uint256 private total;

    /// @notice Insertion sort of n hashes: arithmetic, memory and jumps.
    function sort(uint256 n) external pure returns (uint256) {
        uint256[] memory list = new uint256[](n);
        for (uint256 i = 0; i < n; i++) list[i] = uint256(keccak256(abi.encode(i)));
        for (uint256 i = 1; i < n; i++) {
            uint256 key = list[i];
            uint256 j = i;
            while (j > 0 && list[j - 1] > key) {
                list[j] = list[j - 1];
                j--;
            }
            list[j] = key;
        }
        return list[n / 2];
    }

    /// @notice Reads and writes sixteen slots of a mapping, over and over.
    function store(uint256 n) external {
        for (uint256 i = 0; i < n; i++) values[i % 16] += i;
        total += n;
    }

    /// @notice n calls of itself, each a frame of its own.
    function call(uint256 n) external view returns (uint256 sum) {
        for (uint256 i = 0; i < n; i++) sum += this.leaf(i);
    }

    function leaf(uint256 i) external pure returns (uint256) {
        return i * i;
    }
}
