// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The interpreter's memory. It is laid out by hand: no Solidity code here uses memory, so the free memory pointer and the zero slot do not exist.
//
//   0x0000  TABLE      one word for each opcode: its handler and what the dispatcher charges
//   0x2000  FRAME      the running frame: one block of words, saved and restored as a whole
//   0x22a0  MACHINE    what belongs to the whole machine: refund, logs, counts, environment
//   0x26e0  ROOM       where the areas below are and where they end; not part of the machine's state
//   0x2900  NEXT       the frame that is about to be entered, same fields as FRAME
//   0x2ba0  SCRATCH    16 words
//   0x2da0  FRAMES     block hashes, blob hashes, players, then for each frame: its caller's FRAME block, init code, its memory.
//                      Zero above the running frame's memory, as the EVM wants it.
//   ------  TABLES     accounts, storage slots, transient slots    (from here on, where the caller's rooms put them)
//   ------  INDEX      open-addressing hash index into TABLES
//   ------  JOURNAL    (place in TABLES, old value) pairs: undone from the end when a frame reverts
//   ------  RETURN     return data of the last call
//   ------  CODES      addresses of code blocks, then the blocks: size, looked back?, bytes, 33 zeros or more, one byte for each position that is a known JUMPDEST
//   ------  STACK      the stacks of all frames, one above the other. They come last, because untouched room below other areas would be paid for.
//
// FRAMES starts at a fixed address, everything in TABLES is named by its offset and the stack by its size, so a machine's state is the same wherever
// the rooms end.

// ---------------------------------------------------------------- the packed state word, which handlers take and return
//
//   bits 0–31     sp      address of the first free word of the stack
//   bits 32–46    height  words on the stack                                   bit 47   guard
//   bits 48–62    room    free words of the stack                              bit 63   guard
//   bits 64–126   gas                                                          bit 127  guard
//   bits 128–174  steps   what is left of the budget                           bit 175  guard
//   bits 176–223          the handlers of TABLE's words add up here: no meaning. 2^32 opcodes do not overflow it.
//   bits 224–255  pc      address of the next opcode in memory
//
// Each opcode's word in TABLE is added before it runs: pc + 1, sp − 32 · takes, height − takes, room − (gives − takes), gas − base cost, steps − 1.
// Whatever falls below zero shows in its guard bit, so one AND checks stack underflow and overflow, gas and steps together. The handler adds what it
// leaves: ONE_ITEM for each word. sp lies lowest and pc highest because both are then had with one operation.
//
// Where the outermost frame waits once it has used so much gas (PIECE_GAS), its gas field holds what is left until then: the rest lies in HIDDEN. So the
// guard bit says when, too. A handler may leave the field below zero: a borrow from the fields above, which is gone where HIDDEN is added. Whoever wants to know the gas adds it; FAILED alone tells a
// handler of a failure.

uint256 constant SP_MASK = 0xffffffff;
uint256 constant HEIGHT_SHIFT = 32;
uint256 constant HEIGHT_MASK = 0x7fff;
uint256 constant ONE_ITEM = 0x100000020; // sp and height: what a handler adds for each word it leaves
uint256 constant ROOM_SHIFT = 48;
uint256 constant GAS_SHIFT = 64;
uint256 constant GAS_SIGN = 128; // the field's guard, shifted by so much, is the sign
uint256 constant COUNT_MASK = 0x7fffffffffffffff; // of gas
uint256 constant STEPS_SHIFT = 128;
uint256 constant STEPS_MASK = 0x7fffffffffff;
uint256 constant HANDLER_SHIFT = 176;
uint256 constant PC_SHIFT = 224;
uint256 constant BELOW_PC = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffff;
uint256 constant GUARDS = 0x80000000000080000000000000008000800000000000;
// What a handler adds for the opcodes that it does along with its own: as `meter` in OpcodeTable.sol, without a handler, and with what PUSH2 itself adds.
// Behind a jump, the one of pc is the JUMPDEST's.
uint256 constant JUMPDEST_METER = 0x00000000fffffffffffffffffffffffeffffffffffffffff0000000000000000;
uint256 constant PUSH2_JUMP_JUMPDEST_METER = 0x00000000fffffffffffffffffffffffdfffffffffffffff70001000000000000;
uint256 constant PUSH2_JUMPI_JUMPDEST_METER = 0x00000000fffffffffffffffffffffffdfffffffffffffff50001fffeffffffe0;
uint256 constant PUSH2_JUMPI_METER = 0x00000002fffffffffffffffffffffffefffffffffffffff60001fffeffffffe0;
// What a handler sets to end its frame as an exceptional halt: both guards of the stack. The next opcode's word may clear one of them by underflow,
// never both: no opcode finds too few items and too little room at once.
uint256 constant FAILED = 0x8000800000000000;
// Of a frame that waits: pc, sp, height, room and gas. The steps are the machine's.
uint256 constant FRAME_STATE_MASK = 0xffffffff000000000000000000000000ffffffffffffffffffffffffffffffff;

// ---------------------------------------------------------------- FRAME
uint256 constant FRAME = 0x2000;
uint256 constant FRAME_SIZE = 0x2a0;
uint256 constant SELF = 0x2000; // account whose storage is used: offset in TABLES
uint256 constant ADDRESS = 0x2020;
uint256 constant CALLER = 0x2040;
uint256 constant VALUE = 0x2060;
uint256 constant DATA_AT = 0x2080; // calldata: a part of the caller's memory, where it stays unchanged meanwhile
uint256 constant DATA_SIZE = 0x20a0;
uint256 constant CODE_REF = 0x20c0; // number of the code, or the address of its block when it is init code
uint256 constant MEMORY_AT = 0x20e0;
uint256 constant MEMORY_SIZE = 0x2100; // a multiple of 32
uint256 constant WORD_LIMIT = 0x2120; // offsets below it have a whole word within the memory
uint256 constant MEMORY_BOUND = 0x2140; // what its memory may grow to: the limit less the memories and stacks of its callers
uint256 constant STATIC = 0x2160;
uint256 constant OUT_AT = 0x2180; // where the caller wants the return data
uint256 constant OUT_SIZE = 0x21a0;
uint256 constant JOURNAL_MARK = 0x21c0; // what a revert goes back to
uint256 constant REFUND_MARK = 0x21e0;
uint256 constant LOGS_MARK = 0x2200;
uint256 constant CREATES = 0x2220; // 1 in a frame that runs init code
uint256 constant RECORD_AT = 0x2240; // where the caller's FRAME block is
uint256 constant STATE = 0x2260; // the packed state while a callee runs, pc from the start of the code, sp from that of the stacks; with all of its gas
uint256 constant HIDDEN = 0x2280; // gas that is there and not in the running frame's state word, where it stands in that word: of the outermost frame; else 0

// ---------------------------------------------------------------- MACHINE
uint256 constant REFUND = 0x22a0;
uint256 constant LOGS_HASH = 0x22c0;
uint256 constant JOURNAL_SIZE = 0x22e0;
uint256 constant TRANSIENT_SIZE = 0x2300;
uint256 constant RETURN_SIZE = 0x2320;
uint256 constant CODE_COUNT = 0x2340;
uint256 constant DEPTH = 0x2360; // 0: the message itself, which has no code; 1: the outermost frame
uint256 constant ORIGIN = 0x2380;
uint256 constant GAS_PRICE = 0x23a0;
uint256 constant COINBASE = 0x23c0;
uint256 constant TIMESTAMP = 0x23e0;
uint256 constant NUMBER = 0x2400;
uint256 constant PREVRANDAO = 0x2420;
uint256 constant GAS_LIMIT = 0x2440;
uint256 constant CHAIN_ID = 0x2460;
uint256 constant BASE_FEE = 0x2480;
uint256 constant BLOB_BASE_FEE = 0x24a0;
uint256 constant BLOCK_HASHES = 0x24c0; // how many, the parent's first
uint256 constant BLOB_HASHES = 0x24e0;
uint256 constant MEMORY_LIMIT = 0x2500; // bytes of memory and callers' stacks. This and the next five: a thread's limits (README.md); NO_LIMIT where there is none
uint256 constant DEPTH_LIMIT = 0x2520; // frames
uint256 constant MODEXP_LIMIT = 0x2540; // bytes of an operand of MODEXP
uint256 constant DATA_LIMIT = 0x2560; // bytes of call data or init code
uint256 constant RETURN_LIMIT = 0x2580; // bytes of return data
uint256 constant WRITE_LIMIT = 0x25a0; // SSTORE and TSTORE
uint256 constant PIECE_GAS = 0x25c0; // of a routine's transaction: gas behind which it waits at the next opcode of its outermost frame; NO_LIMIT where it does not
// A thread's routine: where it may suspend (0: BREAKPOINT is a topic like any; what is no address: every BREAKPOINT halts), the account that nothing may
// be entered at but statically (0: none), and how many players there are, whose wallets follow the blob hashes.
uint256 constant SUSPENDS = 0x25e0;
uint256 constant CLOSED = 0x2600;
uint256 constant PLAYERS = 0x2620;
uint256 constant WRITES = 0x2640; // so many there were
uint256 constant GIVEN_CODES = 0x2660; // how many of the codes came with the input
uint256 constant ACCOUNTS_SIZE = 0x2680;
uint256 constant SLOTS_SIZE = 0x26a0;
uint256 constant PAUSED = 0x26c0; // the same for the running frame in a saved machine
uint256 constant MACHINE_END = 0x26e0;

// ---------------------------------------------------------------- ROOM
uint256 constant FRAMES_END = 0x26e0;
uint256 constant TABLES = 0x2700;
uint256 constant TABLES_END = 0x2720;
uint256 constant INDEX = 0x2740;
uint256 constant INDEX_MASK = 0x2760; // a multiple of 32, less 32
uint256 constant JOURNAL = 0x2780;
uint256 constant JOURNAL_END = 0x27a0;
uint256 constant RETURN_AT = 0x27c0;
uint256 constant RETURN_END = 0x27e0;
uint256 constant CODES = 0x2800;
uint256 constant CODES_MAX = 0x2820;
uint256 constant BLOCKS_TOP = 0x2840; // where the next code block goes
uint256 constant BLOCKS_END = 0x2860;
uint256 constant CODE_AT = 0x2880; // of the running frame
uint256 constant CODE_SIZE = 0x28a0;
uint256 constant JUMPS_AT = 0x28c0; // known JUMPDESTs of the running code, a byte each
uint256 constant STACK_AT = 0x28e0;

// ---------------------------------------------------------------- NEXT: the fields of FRAME, 0x900 further
uint256 constant NEXT = 0x2900;
uint256 constant NEXT_SELF = 0x2900;
uint256 constant NEXT_ADDRESS = 0x2920;
uint256 constant NEXT_CALLER = 0x2940;
uint256 constant NEXT_VALUE = 0x2960;
uint256 constant NEXT_DATA_AT = 0x2980;
uint256 constant NEXT_DATA_SIZE = 0x29a0;
uint256 constant NEXT_CODE_REF = 0x29c0;
uint256 constant NEXT_STATIC = 0x2a60;
uint256 constant NEXT_OUT_AT = 0x2a80;
uint256 constant NEXT_OUT_SIZE = 0x2aa0;
uint256 constant NEXT_CREATES = 0x2b20;

uint256 constant SCRATCH = 0x2ba0;
uint256 constant TABLE = 0x0000;
uint256 constant TABLE_SIZE = 0x2000;
uint256 constant FRAMES = 0x2da0;

// ---------------------------------------------------------------- TABLES
// An account: six words.
uint256 constant ACCOUNT_SIZE = 0xc0;
uint256 constant BALANCE_FIELD = 0x20;
uint256 constant NONCE_FIELD = 0x40;
uint256 constant CODE_HASH_FIELD = 0x60;
uint256 constant CODE_FIELD = 0x80; // number of its code + 1; 0: the code was not handed in
uint256 constant FLAGS_FIELD = 0xa0;
uint256 constant WARM = 1;
uint256 constant CREATED = 2; // in this transaction
uint256 constant DESTROYED = 4; // goes at the end of this transaction
uint256 constant HAS_STORAGE = 8; // before this transaction: nothing can be created there (EIP-7610)
// A slot: five words; the first is its account's offset with a tag, so that it is never taken for an address.
uint256 constant SLOT_SIZE = 0xa0;
uint256 constant STORAGE_TAG = 0x8000000000000000000000000000000000000000000000000000000000000000;
uint256 constant TRANSIENT_TAG = 0x4000000000000000000000000000000000000000000000000000000000000000;
uint256 constant KEY_FIELD = 0x20;
uint256 constant ORIGINAL_FIELD = 0x40;
uint256 constant CURRENT_FIELD = 0x60;
uint256 constant SLOT_WARM_FIELD = 0x80;
// An entry's place in INDEX: (first word · key ⊕ second) · key mod 2^256 − 189. The key comes with the input, from the judge a hash of all that is judged: what is judged
// cannot depend on it, so nobody can pick keys of slots that all fall to one place, where each look-up would walk past the others.
uint256 constant INDEX_PRIME = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff43;
uint256 constant INDEX_KEY = 0x140; // in the input

// ---------------------------------------------------------------- code blocks
uint256 constant BLOCK_ANALYSED = 0x20;
uint256 constant BLOCK_BYTES = 0x40;

uint256 constant ADDRESS_MASK = 0x00ffffffffffffffffffffffffffffffffffffffff;
uint256 constant EMPTY_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;
uint256 constant NO_LIMIT = 0x7fffffffffffffff;
uint256 constant MAX_STACK = 1024;
uint256 constant MAX_DEPTH = 1025; // DEPTH of the innermost frame that may be: 1,024 below the outermost
uint256 constant MAX_CODE_SIZE = 24576; // EIP-170
uint256 constant MAX_INITCODE_SIZE = 49152; // EIP-3860
uint256 constant LAST_PRECOMPILE = 10;
