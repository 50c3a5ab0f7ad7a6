/** Routines in Solidity made of a seed, compiled many at a time: loops in loops, functions of their own and pointers to them, arrays and structs in memory, storage, calls to another contract, try and catch; breakpoints anywhere. */
import { Interface } from 'ethers'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'
import { Dice } from './random-code.js'

/** How one is compiled: the code generator, and the optimizer's runs. */
export type Settings = { readonly viaIR: boolean, /** Undefined: not optimized. */ readonly runs: number | undefined }
/** One of them, compiled. */
export type SolidityRoutine = {
  readonly seed: number
  /** What {@link Settings} it was compiled with, for messages. */
  readonly manner: string
  /** Selectors. `poke` is the other contract's. */
  readonly abi: { readonly run: Hex, readonly late: Hex, readonly poke: Hex }
  readonly creationCode: Uint8Array
}

type Output = { errors?: { severity: string, formattedMessage: string }[], contracts?: Record<string, Record<string, { abi: never[], evm: { bytecode: { object: string } } }>> }

const ROOT = new URL('../../../', import.meta.url)
const LIBRARIES = ['contracts/lib/Thread.sol', 'contracts/lib/Exits.sol', 'contracts/interfaces/IPort.sol']
const FILE = 'contracts/test/Generated.sol'
const OPTIMIZER: readonly (number | undefined)[] = [undefined, 200, 1_000_000]
/** Functions of a routine: each may call those behind it. */
const FUNCTIONS = 4

/** Compiles the routines of these seeds by one code generator; how much they are optimized follows from the first. @throws Error with what the compiler says */
export function solidityRoutines (seeds: readonly number[], viaIR: boolean): SolidityRoutine[] {
  const runs = OPTIMIZER[(seeds[0] ?? 0) % OPTIMIZER.length]
  const sources = Object.fromEntries(LIBRARIES.map(path => [path, { content: readFileSync(new URL(path, ROOT), 'utf8') }]))
  const settings = { viaIR, evmVersion: 'cancun', optimizer: { enabled: runs !== undefined, runs: runs ?? 200 }, outputSelection: { [FILE]: { '*': ['abi', 'evm.bytecode.object'] } } }
  const solc = createRequire(import.meta.url)('solc') as { compile: (input: string) => string }
  const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources: { ...sources, [FILE]: { content: fileOf(seeds) } }, settings }))) as Output
  const failed = output.errors?.find(({ severity }) => severity === 'error')
  if (failed !== undefined) throw new Error(`routines ${seeds.join(', ')}: ${failed.formattedMessage}`)
  const contracts = output.contracts?.[FILE] ?? {}
  const selector = (name: string, method: string): Hex => new Interface(contracts[name]?.abi ?? []).getFunction(method)?.selector as Hex
  return seeds.map(seed => ({
    seed, manner: `${viaIR ? 'via IR' : 'legacy'}, ${runs ?? 'not'} optimized`, creationCode: hexToBytes(`0x${contracts[`R${seed}`]?.evm.bytecode.object ?? ''}`),
    abi: { run: selector(`R${seed}`, 'run'), late: selector(`R${seed}`, 'late'), poke: selector('Other', 'poke') }
  }))
}

function fileOf (seeds: readonly number[]): string {
  return `// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\nimport {Thread} from "../lib/Thread.sol";\n${OTHER}\n${BASE}\n${seeds.map(randomSolidity).join('\n')}`
}

/** What routines call: it counts, fails in all manners, calls back, and tries what only the outermost frame may. */
const OTHER = `
contract Other {
    address private immutable owner;
    uint256 public kept;
    error Odd(uint256 a, bytes why);
    constructor() payable { owner = msg.sender; }
    receive() external payable { ++kept; }
    function twice(uint256 a) external pure returns (uint256) { unchecked { return 2 * a + 1; } }
    function keep(uint256 a) external payable returns (uint256) { unchecked { kept = 3 * kept + a + msg.value; } return kept; }
    function fragile(uint256 a) external returns (uint256) {
        ++kept;
        if (a % 5 == 0) revert("five");
        if (a % 5 == 1) revert Odd(a, "odd");
        if (a % 5 == 2) assert(false);
        if (a % 5 == 3) assembly { revert(0, 0) }
        return a;
    }
    function many(uint256 a) external pure returns (uint256[] memory list) {
        list = new uint256[](a % 7);
        for (uint256 i; i < list.length; ++i) list[i] = i ^ a;
    }
    function back(uint256 a) external view returns (uint256) { return Base(payable(owner)).echo(a); }
    function breaks() external returns (bytes memory) { return Thread.breakpoint(0x01020304, tx.origin); }
    function poke() external returns (bool done) { (done,) = owner.call(""); if (done) ++kept; else kept += 100; }
}`

/** What all routines have. Variables live in one struct in memory, for not optimized code has little room on the stack. */
const BASE = `
abstract contract Base {
    struct Pair { uint256 a; bytes32 b; }
    struct Notes { uint256 sum; uint256[] list; bytes text; Pair pair; address[] movers; Pair[2] pairs; }
    address internal immutable x;
    address internal immutable o;
    Other internal immutable other;
    uint256[6] internal slots;
    uint256[4] internal gasSeen;
    uint256[] internal log;
    Pair internal last;
    bytes internal said;
    mapping(uint256 => mapping(address => uint256)) internal owed;
    event Said(uint256 indexed sum, bytes text);
    error Ended(uint256 sum);
    constructor(address x_, address o_) payable { (x, o) = (x_, o_); other = new Other(); }
    receive() external payable {}
    function late(address, address[] calldata, bytes calldata) external {}
    function echo(uint256 a) external view returns (uint256) { unchecked { return a + slots[a % 6]; } }
    function begin(uint256 seed) internal view returns (Notes memory n) {
        n.sum = seed;
        n.list = new uint256[](3 + seed % 5);
        n.movers = new address[](2);
        (n.movers[0], n.movers[1]) = (x, o);
    }
    function mover(Notes memory n) internal view returns (address) { return n.sum & 1 == 0 ? x : o; }
    function ask(Notes memory n) internal { hear(n, Thread.breakpoint(this.late.selector, mover(n), n.text)); }
    function askWord(Notes memory n) internal { unchecked { n.sum += Thread.breakpointWord(this.late.selector, mover(n)); } }
    function askSmall(Notes memory n) internal { n.list[n.sum % n.list.length] = abi.decode(Thread.breakpoint(this.late.selector, mover(n)), (uint8)); }
    function askAll(Notes memory n) internal {
        uint256 place = Thread.mark();
        (address from, bytes memory input) = Thread.breakpoint(this.late.selector, n.movers, abi.encode(n.sum));
        n.sum ^= uint160(from) ^ uint256(keccak256(input));
        Thread.release(place);
    }
    function hear(Notes memory n, bytes memory input) internal pure { unchecked { n.sum = n.sum * 31 + uint256(keccak256(input)); } }
    function askDeep(Notes memory n, uint256 depth) internal returns (uint256) {
        uint256[] memory own = new uint256[](2);
        own[0] = depth ^ n.sum;
        if (depth == 0) ask(n);
        else own[1] = askDeep(n, depth - 1);
        unchecked { return own[0] + own[1]; }
    }
    function trying(Notes memory n) internal {
        try other.fragile(n.sum) returns (uint256 v) { n.list[0] = v; }
        catch Error(string memory why) { n.text = bytes(why); }
        catch Panic(uint256 code) { n.sum ^= code << 100; }
        catch (bytes memory low) { n.sum ^= uint256(keccak256(low)); }
    }
    function inner(Notes memory n) internal { try other.breaks{gas: 30000}() returns (bytes memory) { ++n.sum; } catch { n.sum ^= 77; } }
}`

/** The source of one contract. */
function randomSolidity (seed: number): string {
  const dice = new Dice(seed)
  let names = 0
  const word = (): string => BigInt(`0x${dice.bytes(1 + dice.below(31)).reduce((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '')}`).toString()
  const breakpoint = (): string => dice.pick(['ask(n);', 'askWord(n);', 'askAll(n);', 'askSmall(n);', `n.sum ^= askDeep(n, ${dice.below(4)});`, 'hear(n, Thread.breakpoint(this.late.selector, mover(n)));'])
  const at = (list: string): string => `n.${list}[n.sum % n.${list}.length]`

  /** Function `self` may call those behind it. */
  const statement = (depth: number, self: number): string => {
    switch (dice.below(depth > 1 ? 23 : 29)) {
      case 0: return `unchecked { n.sum ${dice.pick(['+=', '*=', '-=', '^=', '|='])} uint256(${word()}); }`
      case 1: return `n.sum = n.sum / 3 + ${dice.below(99)};`
      case 2: return `slots[n.sum % 6] ${dice.pick(['=', '^='])} n.sum;`
      case 3: return `n.sum ^= slots[${dice.below(6)}];`
      case 4: return `gasSeen[${dice.below(4)}] = gasleft();`
      case 5: return `${at('list')} = n.sum;`
      case 6: return `n.sum ^= ${at('list')} << ${dice.below(9)};`
      case 7: return 'n.sum ^= uint256(keccak256(abi.encode(n.list, n.text, n.pair)));'
      case 8: return 'n.text = n.text.length > 60 ? new bytes(1) : abi.encodePacked(n.text, uint16(n.sum));'
      case 9: return 'if (log.length < 4) log.push(n.sum); else log.pop();'
      case 10: return `n.sum ^= ${dice.pick(['uint160(msg.sender)', 'uint160(tx.origin)', 'Thread.time()', 'Thread.value()', 'msg.value', 'address(this).balance', 'block.number', 'msg.data.length', 'tx.gasprice', 'address(0x696e707574).code.length', 'uint256(address(0x6d616368696e65).codehash)'])};`
      case 11: return 'n.sum ^= other.twice(n.sum);'
      case 12: return `n.sum ^= other.keep{value: address(this).balance > 2 ? ${dice.below(3)} : 0}(n.sum);`
      case 13: return 'trying(n);'
      case 14: return `n.sum ^= ${dice.pick(['this.echo(n.sum)', 'other.back(n.sum)'])};`
      case 15: return `emit Said(n.sum, ${dice.pick(['n.text', 'abi.encode(n.list)'])});`
      case 16: return 'inner(n);'
      case 17: return dice.pick(['n.pair = Pair(n.sum, keccak256(n.text));', 'n.pairs[n.sum & 1] = n.pair;', 'n.pair = n.pairs[1];', 'n.pairs[0].a ^= n.sum;'])
      case 18: return dice.pick(['last = n.pair;', 'n.pair = last;', 'said = n.text;', 'n.text = said;', 'owed[n.sum % 3][mover(n)] ^= n.sum;', 'delete last;'])
      case 19: return dice.pick([`assembly { tstore(${dice.below(3)}, mload(n)) }`, `{ uint256 t; assembly { t := tload(${dice.below(3)}) } n.sum ^= t; }`])
      case 20: return 'n.list = other.many(n.sum); if (n.list.length == 0) n.list = new uint256[](2);'
      case 21: return dice.pick([`{ (bool done, bytes memory got) = mover(n).call{value: ${dice.below(2)}}(""); if (done) n.sum ^= got.length; }`, '{ (bool done, bytes memory got) = address(other).staticcall(n.text); if (!done) n.sum ^= uint256(keccak256(got)); }'])
      case 22: return breakpoint()
      case 23: {
        const i = `i${names++}`
        return `for (uint256 ${i}; ${i} < ${1 + dice.below(3)}; ++${i}) {\n${statements(depth + 1, self)}\nn.sum ^= ${i};\n}`
      }
      case 24: {
        const i = `i${names++}`
        return `uint256 ${i} = ${1 + dice.below(3)};\nwhile (${i}-- != 0) {\nif ((n.sum >> ${dice.below(8)}) & 3 == 1) { ++n.sum; ${dice.pick(['continue', 'break'])}; }\n${statements(depth + 1, self)}\n}`
      }
      case 25: return `if ((n.sum >> ${dice.below(8)}) & 1 == 0) {\n${statements(depth + 1, self)}\n} else {\n${statements(depth + 1, self)}\n}`
      case 26: return self + 1 < FUNCTIONS ? `n.sum ^= f${self + 1 + dice.below(FUNCTIONS - self - 1)}(n, n.sum & 7);` : breakpoint()
      case 27: {
        if (self + 2 >= FUNCTIONS) return breakpoint()
        const f = `p${names++}`
        // Which of them, is on the stack or in memory while it waits.
        return `function (Notes memory, uint256) internal returns (uint256) ${f} = n.sum & 2 == 0 ? f${FUNCTIONS - 1} : f${FUNCTIONS - 2};\n${breakpoint()}\nn.sum ^= ${f}(n, 5);`
      }
      default: return breakpoint()
    }
  }
  const statements = (depth: number, self: number): string => Array.from({ length: 1 + dice.below(4) }, () => statement(depth, self)).join('\n')
  const functions = Array.from({ length: FUNCTIONS }, (_, self) => `function f${self}(Notes memory n, uint256 a) internal returns (uint256) {\nuint256[3] memory own = [a, n.sum, ${dice.below(9)}];\n${statements(0, self)}\nown[a % 3] ^= n.sum;\nreturn own[0] ^ own[1] ^ own[2];\n}`)
  const end = dice.pick(['', '', 'revert Ended(n.sum);', 'assembly { stop() }', 'selfdestruct(payable(x));', 'last = n.pair; slots[0] = n.sum;'])
  return `contract R${seed} is Base {
constructor(address x_, address o_) payable Base(x_, o_) {}
function run(uint256 seed) external payable returns (bytes memory) {
Notes memory n = begin(seed);
for (uint256 round; round < ${1 + dice.below(4)}; ++round) {
${statements(0, -1)}
${breakpoint()}
slots[round % 6] = n.sum;
}
${end}
return abi.encode(n);
}
${functions.join('\n')}
}`
}
