// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The interpreter's memory. It is laid out by hand: no Solidity code here uses memory, so the free memory pointer and the zero slot do not exist.
//
//   0x0000  STACK      the running frame's stack, growing up, 1,024 words; an item's address is its height · 32
//   0x8000  FRAME      the running frame: one block of words, saved and restored as a whole
//   0x8260  MACHINE    what belongs to the whole machine: refund, logs, counts, environment
//   0x8560  ROOM       where the areas below are and where they end; not part of the machine's state
//   0x8740  NEXT       the frame that is about to be entered, same fields as FRAME
//   0x89c0  SCRATCH    16 words
//   0x8c00  TABLE      one word for each opcode: its handler and what the dispatcher charges
//   0xac00  FRAMES     block hashes, blob hashes, then for each frame: its caller's FRAME block, its caller's stack, init code, its memory.
//                      Zero above the running frame's memory, as the EVM wants it.
//   ------  TABLES     accounts, storage slots, transient slots    (from here on, where the caller's rooms put them)
//   ------  INDEX      open-addressing hash index into TABLES
//   ------  JOURNAL    (place in TABLES, old value) pairs: undone from the end when a frame reverts
//   ------  RETURN     return data of the last call
//   ------  CODES      addresses of code blocks, then the blocks: size, analysed?, bytes, 33 zeros or more, one byte for each position that is a known JUMPDEST
//
// FRAMES starts at a fixed address and everything in TABLES is named by its offset, so a machine's state is the same wherever the rooms end.

// ---------------------------------------------------------------- the packed state word, which handlers take and return
//
//   bits 0–31     pc      address of the next opcode in memory
//   bits 32–47    sp      address of the first free word of the stack          bit 48   guard
//   bits 49–62    room    free words of the stack                              bit 63   guard
//   bits 64–126   gas                                                          bit 127  guard
//   bits 128–190  steps   what is left of the budget                           bit 191  guard
//   bits 192–255          carried over, no meaning
//
// Each opcode's word in TABLE is added before it runs: pc + 1, sp − 32 · takes, room − (gives − takes), gas − base cost, steps − 1. Whatever falls
// below zero shows in its guard bit, so one AND checks stack underflow and overflow, gas and steps together.

uint256 constant STACK = 0x0000;
uint256 constant PC_MASK = 0xffffffff;
uint256 constant SP_SHIFT = 32;
uint256 constant SP_MASK = 0xffff;
uint256 constant ONE_ITEM = 0x2000000000; // 32 << SP_SHIFT: what a handler adds for each word it leaves
uint256 constant ROOM_SHIFT = 49;
uint256 constant GAS_SHIFT = 64;
uint256 constant STEPS_SHIFT = 128;
uint256 constant COUNT_MASK = 0x7fffffffffffffff; // of gas and steps
uint256 constant GUARDS = 0x800000000000000080000000000000008001000000000000;
// What a handler sets to end its frame as an exceptional halt: both guards of the stack. The next opcode's word may clear one of them by underflow,
// never both: no opcode finds too few items and too little room at once.
uint256 constant FAILED = 0x8001000000000000;
uint256 constant FRAME_STATE_MASK = 0xffffffffffffffffffffffffffffffff; // pc, sp, room and gas: the steps are the machine's
uint256 constant METER_MASK = 0xffffffffffffffffffffffffffffffffffffffffffffffff; // the part of a TABLE word that is charged
uint256 constant HANDLER_SHIFT = 240;

// ---------------------------------------------------------------- FRAME
uint256 constant FRAME = 0x8000;
uint256 constant FRAME_SIZE = 0x260;
uint256 constant SELF = 0x8000; // account whose storage is used: offset in TABLES
uint256 constant ADDRESS = 0x8020;
uint256 constant CALLER = 0x8040;
uint256 constant VALUE = 0x8060;
uint256 constant DATA_AT = 0x8080; // calldata: a part of the caller's memory, where it stays unchanged meanwhile
uint256 constant DATA_SIZE = 0x80a0;
uint256 constant CODE_REF = 0x80c0; // number of the code, or the address of its block when it is init code
uint256 constant MEMORY_AT = 0x80e0;
uint256 constant MEMORY_SIZE = 0x8100; // a multiple of 32
uint256 constant WORD_LIMIT = 0x8120; // offsets below it have a whole word within the memory
uint256 constant STATIC = 0x8140;
uint256 constant OUT_AT = 0x8160; // where the caller wants the return data
uint256 constant OUT_SIZE = 0x8180;
uint256 constant JOURNAL_MARK = 0x81a0; // what a revert goes back to
uint256 constant REFUND_MARK = 0x81c0;
uint256 constant LOGS_MARK = 0x81e0;
uint256 constant CREATES = 0x8200; // 1 in a frame that runs init code
uint256 constant RECORD_AT = 0x8220; // where the caller's FRAME block and stack are
uint256 constant STATE = 0x8240; // the packed state while a callee runs, pc from the start of the code

// ---------------------------------------------------------------- MACHINE
uint256 constant REFUND = 0x8260;
uint256 constant LOGS_HASH = 0x8280;
uint256 constant JOURNAL_SIZE = 0x82a0;
uint256 constant TRANSIENT_SIZE = 0x82c0;
uint256 constant RETURN_SIZE = 0x82e0;
uint256 constant CODE_COUNT = 0x8300;
uint256 constant DEPTH = 0x8320; // 0: the message itself, which has no code; 1: the outermost frame
uint256 constant ORIGIN = 0x8340;
uint256 constant GAS_PRICE = 0x8360;
uint256 constant COINBASE = 0x8380;
uint256 constant TIMESTAMP = 0x83a0;
uint256 constant NUMBER = 0x83c0;
uint256 constant PREVRANDAO = 0x83e0;
uint256 constant GAS_LIMIT = 0x8400;
uint256 constant CHAIN_ID = 0x8420;
uint256 constant BASE_FEE = 0x8440;
uint256 constant BLOB_BASE_FEE = 0x8460;
uint256 constant BLOCK_HASHES = 0x8480; // how many, the parent's first
uint256 constant BLOB_HASHES = 0x84a0;
uint256 constant GIVEN_CODES = 0x84c0; // how many of the codes came with the input
uint256 constant ACCOUNTS_SIZE = 0x84e0;
uint256 constant SLOTS_SIZE = 0x8500;
uint256 constant PAUSED = 0x8520; // the packed state of the running frame in a saved machine, pc from the start of the code
uint256 constant MACHINE_END = 0x8540;

// ---------------------------------------------------------------- ROOM
uint256 constant FRAMES_END = 0x8560;
uint256 constant TABLES = 0x8580;
uint256 constant TABLES_END = 0x85a0;
uint256 constant INDEX = 0x85c0;
uint256 constant INDEX_MASK = 0x85e0; // a multiple of 32, less 32
uint256 constant JOURNAL = 0x8600;
uint256 constant JOURNAL_END = 0x8620;
uint256 constant RETURN_AT = 0x8640;
uint256 constant RETURN_END = 0x8660;
uint256 constant CODES = 0x8680;
uint256 constant CODES_MAX = 0x86a0;
uint256 constant BLOCKS_TOP = 0x86c0; // where the next code block goes
uint256 constant BLOCKS_END = 0x86e0;
uint256 constant CODE_AT = 0x8700; // of the running frame
uint256 constant CODE_SIZE = 0x8720;
uint256 constant JUMPS_AT = 0x89a0; // known JUMPDESTs of the running code, a byte each

// ---------------------------------------------------------------- NEXT: FRAME + 0x740
uint256 constant NEXT = 0x8740;
uint256 constant NEXT_SELF = 0x8740;
uint256 constant NEXT_ADDRESS = 0x8760;
uint256 constant NEXT_CALLER = 0x8780;
uint256 constant NEXT_VALUE = 0x87a0;
uint256 constant NEXT_DATA_AT = 0x87c0;
uint256 constant NEXT_DATA_SIZE = 0x87e0;
uint256 constant NEXT_CODE_REF = 0x8800;
uint256 constant NEXT_STATIC = 0x8880;
uint256 constant NEXT_OUT_AT = 0x88a0;
uint256 constant NEXT_OUT_SIZE = 0x88c0;
uint256 constant NEXT_CREATES = 0x8940;

uint256 constant SCRATCH = 0x89c0;
uint256 constant TABLE = 0x8c00;
uint256 constant TABLE_SIZE = 0x2000;
uint256 constant FRAMES = 0xac00;

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
uint256 constant HASH_FACTOR = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95;

// ---------------------------------------------------------------- code blocks
uint256 constant BLOCK_ANALYSED = 0x20;
uint256 constant BLOCK_BYTES = 0x40;

uint256 constant ADDRESS_MASK = 0x00ffffffffffffffffffffffffffffffffffffffff;
uint256 constant EMPTY_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;
uint256 constant MAX_DEPTH = 1025; // DEPTH of the innermost frame that may be: 1,024 below the outermost
uint256 constant MAX_CODE_SIZE = 24576; // EIP-170
uint256 constant MAX_INITCODE_SIZE = 49152; // EIP-3860
uint256 constant LAST_PRECOMPILE = 10;
