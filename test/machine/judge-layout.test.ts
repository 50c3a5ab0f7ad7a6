/** What contracts/judge/Layout.sol says twice must agree: the meters of opcodes that a handler does along with its own, and what TypeScript knows of it. */
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('layout of the judge')
const source = await readFile(new URL('../../../contracts/judge/Layout.sol', import.meta.url), 'utf8')
const constants = new Map([...source.matchAll(/^uint256 constant (\w+) = (\w+);/gm)].map(([, name = '', value = '0']) => [name, BigInt(value)]))

function at (name: string): bigint {
  const value = constants.get(name)
  if (value === undefined) throw new Error(`Layout.sol has no ${name}`)
  return value
}

/** OpcodeTable.sol's `meter`, without the handler. */
function meter (cost: bigint, takes: bigint, gives: bigint): bigint {
  return (1n << at('PC_SHIFT')) - (1n << at('STEPS_SHIFT')) - (cost << at('GAS_SHIFT')) - ((gives - takes) << at('ROOM_SHIFT')) - takes * at('ONE_ITEM')
}

test('the meters of opcodes that are done along with others are those of the table', () => {
  const [pc, item] = [1n << at('PC_SHIFT'), at('ONE_ITEM')]
  const [jump, jumpi, jumpdest] = [meter(8n, 1n, 0n), meter(10n, 2n, 0n), meter(1n, 0n, 0n)]
  const expected = {
    JUMPDEST_METER: jumpdest,
    PUSH2_JUMP_JUMPDEST_METER: item + jump - pc + jumpdest,
    PUSH2_JUMPI_JUMPDEST_METER: item + jumpi - pc + jumpdest,
    PUSH2_JUMPI_METER: 2n * pc + item + jumpi
  }
  for (const [name, value] of Object.entries(expected)) assert.is(at(name), BigInt.asUintN(256, value), name)
})

test('each field of a frame lies as far from NEXT as from FRAME, and no area overlaps the next', () => {
  const fields = [...constants.keys()].filter((name) => name.startsWith('NEXT_'))
  assert.ok(fields.length > 8)
  for (const field of fields) assert.is(at(field) - at('NEXT'), at(field.slice(5)) - at('FRAME'), field)
  assert.is(at('FRAME') + at('FRAME_SIZE'), at('REFUND'))
  assert.is(at('NEXT') + at('FRAME_SIZE'), at('SCRATCH'))
  assert.is(at('MACHINE_END'), at('FRAMES_END'))
  assert.ok(at('TABLE') + at('TABLE_SIZE') <= at('FRAME'))
  assert.ok(at('STACK_AT') < at('NEXT'))
  assert.ok(at('SCRATCH') + 512n <= at('FRAMES'))
})

test('TypeScript reads a saved machine by the same addresses', async () => {
  const reader = await readFile(new URL('../../../src/machine/judge-machine.ts', import.meta.url), 'utf8')
  for (const [ours, theirs] of [['FRAME', 'FRAME'], ['FRAMES', 'FRAMES'], ['MEMORY_AT', 'MEMORY_AT'], ['MEMORY_SIZE', 'MEMORY_SIZE'], ['DEPTH', 'DEPTH'], ['PAUSED', 'PAUSED'], ['MACHINE_SIZE', 'MACHINE_END']] as const) {
    const [, value] = new RegExp(`^const ${ours} = (0x[0-9a-f]+)`, 'm').exec(reader) ?? []
    assert.is(BigInt(value ?? -1), at(theirs), ours)
  }
})

test.run()
