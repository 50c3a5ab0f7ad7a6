/** A few words of EVM assembly, so that own vectors can be read: opcode names, and hex data behind PUSH. */

const NAMES: Readonly<Record<string, number>> = {
  STOP: 0x00, ADD: 0x01, MUL: 0x02, SUB: 0x03, EXP: 0x0a, LT: 0x10, GT: 0x11, EQ: 0x14, ISZERO: 0x15, AND: 0x16, SHL: 0x1b, KECCAK256: 0x20, ADDRESS: 0x30, BALANCE: 0x31, ORIGIN: 0x32, CALLER: 0x33,
  CALLVALUE: 0x34, CALLDATALOAD: 0x35, CALLDATASIZE: 0x36, CALLDATACOPY: 0x37, CODESIZE: 0x38, CODECOPY: 0x39, EXTCODESIZE: 0x3b, EXTCODECOPY: 0x3c, RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e, EXTCODEHASH: 0x3f, SELFBALANCE: 0x47, BLOBHASH: 0x49, BLOBBASEFEE: 0x4a, POP: 0x50, MLOAD: 0x51, MSTORE: 0x52, MSTORE8: 0x53, SLOAD: 0x54, SSTORE: 0x55, JUMP: 0x56,
  JUMPI: 0x57, PC: 0x58, MSIZE: 0x59, GAS: 0x5a, JUMPDEST: 0x5b, TLOAD: 0x5c, TSTORE: 0x5d, MCOPY: 0x5e, LOG0: 0xa0, LOG1: 0xa1, LOG2: 0xa2, LOG3: 0xa3, LOG4: 0xa4, CREATE: 0xf0, CALL: 0xf1,
  CALLCODE: 0xf2, RETURN: 0xf3, DELEGATECALL: 0xf4, CREATE2: 0xf5, STATICCALL: 0xfa, REVERT: 0xfd, INVALID: 0xfe, SELFDESTRUCT: 0xff
}

/** Bytes of a program: names, DUPn, SWAPn, and hex words, each pushed by the shortest PUSH that holds it (0 by PUSH0). */
export function assemble (source: string): Uint8Array {
  return Uint8Array.from(source.trim().split(/\s+/).flatMap((token) => {
    const known = NAMES[token]
    if (known !== undefined) return [known]
    const shuffle = /^(DUP|SWAP)(\d+)$/.exec(token)
    if (shuffle !== null) return [(shuffle[1] === 'DUP' ? 0x7f : 0x8f) + Number(shuffle[2])]
    return pushed(token)
  }))
}

function pushed (token: string): number[] {
  if (!/^0x[0-9a-f]+$/.test(token)) throw new Error(`neither an opcode nor hex: ${token}`)
  if (token === '0x0') return [0x5f]
  const digits = token.length % 2 === 0 ? token.slice(2) : '0' + token.slice(2)
  const bytes = (digits.match(/../g) ?? []).map((pair) => parseInt(pair, 16))
  return [0x5f + bytes.length, ...bytes]
}
