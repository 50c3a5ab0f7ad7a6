import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createKey, loadKey, loadKeys, parseKey } from '../../src/keystore.js'
import { hasCode } from '../../src/errors.js'
import { rejects } from '../support/rejects.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const test = suite<{ folder: TemporaryFolder }>('keystore')
test.before.each(async (context) => { context.folder = await temporaryFolder('keystore') })
test.after.each(async ({ folder }) => await folder.cleanup())

// A work factor of 2 makes a file worthless as a protection and a test fast.
const WEAK = { scryptN: 2 }

test('a key that was made is loaded with the same password, from a file for its owner only', async ({ folder }) => {
  const path = join(folder.path, 'sub', 'key.json')
  const made = await createKey(path, 'secret', WEAK)
  assert.is(made.key.length, 32)
  assert.equal(await loadKey(path, 'secret'), made)
  assert.is((await stat(path)).mode & 0o777, 0o600)
  const file = await readFile(path, 'utf8')
  assert.is((JSON.parse(file) as { version: number }).version, 3)
  assert.not.match(file, Buffer.from(made.key).toString('hex'))
})

test('two keys differ', async ({ folder }) => {
  const one = await createKey(join(folder.path, '1'), '', WEAK)
  const two = await createKey(join(folder.path, '2'), '', WEAK)
  assert.is.not(one.address, two.address)
})

test('the example of the Web3 Secret Storage definition opens', async ({ folder }) => {
  // The one with PBKDF2; the one with scrypt has parameters (r = 1, N = 2^18) that scrypt's own definition rules out.
  const example = {
    crypto: {
      cipher: 'aes-128-ctr', cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2', kdfparams: { c: 262144, dklen: 32, prf: 'hmac-sha256', salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd' },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2'
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6', version: 3
  }
  const path = join(folder.path, 'key.json')
  await writeFile(path, JSON.stringify(example))
  const { key } = await loadKey(path, 'testpassword')
  assert.is(Buffer.from(key).toString('hex'), '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d')
})

test('a wrong password, a missing, a foreign and a damaged file have their codes', async ({ folder }) => {
  const path = join(folder.path, 'key.json')
  await rejects(loadKey(path, 'secret'), 'KEY_NOT_FOUND')
  await createKey(path, 'secret', WEAK)
  await rejects(loadKey(path, 'Secret'), 'KEY_WRONG_PASSWORD')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, 100))
  await rejects(loadKey(path, 'secret'), 'KEY_BAD_FILE')
  await writeFile(path, '{"version": 3}')
  await rejects(loadKey(path, 'secret'), 'KEY_BAD_FILE')
  await mkdir(join(folder.path, 'folder'))
  await rejects(loadKey(join(folder.path, 'folder'), 'secret'), 'KEY_BAD_FILE')
})

test('an existing file is never overwritten', async ({ folder }) => {
  const path = join(folder.path, 'key.json')
  await writeFile(path, 'precious')
  await rejects(createKey(path, 'secret', WEAK), 'KEY_EXISTS')
  assert.is(await readFile(path, 'utf8'), 'precious')
})

test('a folder that cannot be written to has its code', async ({ folder }) => {
  await writeFile(join(folder.path, 'file'), '')
  await rejects(createKey(join(folder.path, 'file', 'key.json'), 'secret', WEAK), 'KEY_BAD_FILE')
})

test('the wallet is the node\'s key unless it has a file of its own', async ({ folder }) => {
  const made = await createKey(join(folder.path, 'key.json'), 'secret', WEAK)
  assert.equal(await loadKeys(folder.path, 'secret'), { node: made, wallet: made })
  const wallet = await createKey(join(folder.path, 'wallet.json'), 'secret', WEAK)
  assert.equal(await loadKeys(folder.path, 'secret'), { node: made, wallet })
})

test('a private key is 32 bytes, above zero and below the order', () => {
  assert.is(parseKey(`0x${'1'.repeat(64)}\n`).length, 32)
  for (const text of ['', '0x12', 'z'.repeat(64), '0'.repeat(64), 'f'.repeat(64)]) {
    assert.throws(() => parseKey(text), (error: unknown) => hasCode(error, 'KEY_BAD_KEY') && !(error instanceof Error && text !== '' && error.message.includes(text)))
  }
})

test.run()
