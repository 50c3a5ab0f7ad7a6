/** The port's copy on the chain, which the judge reads the code from: byte for byte what every thread begins with. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asAddress, bytesToHex } from '../../src/protocol/bytes.js'
import { PORT_CODE } from '../../src/protocol/port-code.js'
import { portHolderOf } from '../../src/protocol/terms.js'
import { Arena, artifactOf } from './arena.js'

const arena = await Arena.create()
const test = suite('contracts/port')
test.after(() => arena.stop())

test('the court\'s copy of the port has the protocol\'s code, and serves nobody', async () => {
  const holder = portHolderOf(arena.court)
  assert.is(await arena.rpc('eth_getCode', holder, 'latest'), bytesToHex(PORT_CODE))
  assert.is((await artifactOf('Port')).deployedBytecode, bytesToHex(PORT_CODE))
  const payee = asAddress('0x00000000000000000000000000000000000ba1ee')
  assert.not.equal(await arena.invoke(arena.account(18), holder, 'Port', 'exit', [payee, '0x'], 1n).then(() => 'paid', () => 'refused'), 'paid')
})

test.run()
