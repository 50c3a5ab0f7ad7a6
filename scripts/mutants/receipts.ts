/** Faults of what leaves a thread for the chain: receipts, vaults, and what an end keeps for them. They are never compiled into what is used. */
import type { Mutant } from './mutant.js'

const REDEEM = ['contracts/receipts', 'contracts/endings']

/** All of them are compiled into the court, which creates vault and port. */
export const RECEIPT_MUTANTS: readonly Mutant[] = [
  { name: 'a receipt of any state', file: 'court/Receipts.sol', right: 'if (hash != entry.recorded) revert WrongBreakpoint(hash, entry.recorded);', wrong: '', tests: REDEEM },
  { name: 'a receipt of a forced move', file: 'court/Receipts.sol', right: 'if (bits.phase() == Phase.Disputed && bits.isForced()) revert NotSigned(hash);', wrong: '', tests: REDEEM },
  { name: 'no receipt in a dispute', file: 'court/Receipts.sol', right: 'if (bits.phase() == Phase.Disputed && bits.isForced())', wrong: 'if (bits.phase() == Phase.Disputed)', tests: REDEEM },
  { name: 'a receipt that is not in the state', file: 'court/Receipts.sol', right: 'StateTree.verify(stateRoot, path, value, siblings, 0, 0);', wrong: '', tests: REDEEM },
  { name: 'a receipt twice', file: 'court/Receipts.sol', right: 'if (word & bit != 0) revert AlreadyRedeemed(index);', wrong: '', tests: REDEEM },
  { name: 'a redeemed receipt ticks all of its word', file: 'court/Receipts.sol', right: 'done[threadId][index >> 8] = word | bit;', wrong: 'done[threadId][index >> 8] = type(uint256).max;', tests: REDEEM },
  { name: 'receipts 256 apart are one', file: 'court/Receipts.sol', right: 'uint256 word = done[threadId][index >> 8];\n        uint256 bit = 1 << (index & 0xff);', wrong: 'uint256 word = done[threadId][0];\n        uint256 bit = 1 << (index & 0xff);', tests: REDEEM },
  { name: 'more than the pot', file: 'court/Receipts.sol', right: 'if (amount > left) revert NotFunded(amount, left);', wrong: '', tests: REDEEM },
  { name: 'the pot again for each receipt', file: 'court/Receipts.sol', right: 'open ? pot - so.redeemed : so.reserved', wrong: 'open ? pot : so.reserved', tests: REDEEM },
  { name: 'the whole pot after the end', file: 'court/Receipts.sol', right: 'open ? pot - so.redeemed : so.reserved', wrong: 'pot - so.redeemed', tests: REDEEM },
  { name: 'what is reserved is never used up', file: 'court/Receipts.sol', right: 'if (!open) so.reserved -= uint128(amount);', wrong: '', tests: REDEEM },
  { name: 'what was redeemed is not counted', file: 'court/Receipts.sol', right: 'so.redeemed += uint128(amount);', wrong: '', tests: REDEEM },
  { name: 'what was redeemed is not noted in the record', file: 'court/Receipts.sol', right: 'if (!bits.hasRedeemed()) entry.record = bits.withRedeemed();', wrong: '', tests: REDEEM },
  { name: "anybody's calls come from the vault", file: 'court/Receipts.sol', right: 'if (isCall && receipt.sender != Vault.addressOf(threadId, address(this))) revert NotTheContract(receipt.sender);', wrong: '', tests: REDEEM },
  { name: 'a call of nobody counts as done', file: 'court/Receipts.sol', right: 'if (isCall && target.code.length == 0) revert NoCode(target);', wrong: '', tests: REDEEM },
  { name: 'a token that refuses counts as paid', file: 'court/Receipts.sol', right: 'revert TokenRefused(asset, amount);', wrong: '', tests: REDEEM },
  { name: 'a token receipt without its call', file: 'court/Receipts.sol', right: 'if (isCall) ThreadVault(Vault.ensure(threadId)).execute(target, data);', wrong: '', tests: REDEEM },
  { name: 'ether that is refused counts as paid', file: 'court/Receipts.sol', right: 'revert CallFailed(target, "");', wrong: '', tests: REDEEM },
  { name: 'the end keeps what was redeemed once more', file: 'court/Receipts.sol', right: 'exited[threadId].reserved = uint128(total - redeemed);', wrong: 'exited[threadId].reserved = uint128(total);', tests: REDEEM },
  { name: 'the end keeps less than was redeemed', file: 'court/Receipts.sol', right: 'if (total < redeemed) total = redeemed;', wrong: '', tests: REDEEM },
  { name: 'the end keeps more than the pot', file: 'court/Receipts.sol', right: 'if (total > pot) total = pot;', wrong: '', tests: REDEEM },
  { name: 'the end divides what it keeps', file: 'court/Receipts.sol', right: 'return pot - total;', wrong: 'return pot;', tests: REDEEM },
  { name: 'a Close keeps less than was redeemed', file: 'court/Receipts.sol', right: 'if (bits.hasRedeemed() && total < exited[threadId].redeemed) revert WrongPayouts(total, exited[threadId].redeemed);', wrong: '', tests: REDEEM },
  { name: 'a Close keeps nothing for receipts', file: 'court/Receipts.sol', right: 'if (total != 0) reserve(threadId, bits, total, total);', wrong: '', tests: REDEEM },
  { name: "a Close leaves the receipts' state", file: 'court/Receipts.sol', right: 'if (any || bits.isForced()) entry.recorded = parent;', wrong: '', tests: REDEEM },
  { name: 'a Close leaves a forced state to redeem from', file: 'court/Receipts.sol', right: 'if (any || bits.isForced()) entry.recorded = parent;', wrong: 'if (any) entry.recorded = parent;', tests: REDEEM },
  { name: "a checkpoint that is there already fails the redemption", file: 'court/Receipts.sol', right: 'if (hashBreakpoint(threadId, breakpoint) != entryOf(threadId).recorded) checkpoint(terms, breakpoint, signatures);', wrong: 'checkpoint(terms, breakpoint, signatures);', tests: REDEEM },
  { name: 'anybody calls through a vault', file: 'court/ThreadVault.sol', right: 'if (msg.sender != court) revert IThreads.NotFromCourt(msg.sender);', wrong: '', tests: REDEEM },
  { name: 'a call may be starved', file: 'court/ThreadVault.sol', right: 'if (gasleft() < needed) revert IThreads.GasTooLow(gasleft(), needed);', wrong: '', tests: REDEEM },
  { name: 'a call that failed counts as done', file: 'court/ThreadVault.sol', right: 'if (!done) revert IThreads.CallFailed(target, reason);', wrong: '', tests: REDEEM },
  { name: 'a call without its value', file: 'court/ThreadVault.sol', right: 'call(gas(), target, callvalue(), free', wrong: 'call(gas(), target, 0, free', tests: REDEEM },
  { name: 'a reason of any size', file: 'court/ThreadVault.sol', right: 'if gt(size, MOST_REASON) { size := MOST_REASON }', wrong: '', tests: REDEEM }
]
