/**
 * Private keys on disk: encrypted Web3 Secret Storage files (version 3), as every Ethereum wallet reads and writes them.
 * `<data>/key.json` is the node (libp2p identity and session key); `<data>/wallet.json`, where it exists, holds the wallet.
 * @see https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
 */
import { randomBytes } from 'node:crypto'
import { access, mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { computeAddress, decryptKeystoreJson, encryptKeystoreJson, getBytes, hexlify, isKeystoreJson } from 'ethers'
import { ThreadsError } from './errors.js'
import type { Address } from './protocol/types.js'

/** The files of a data directory that hold keys. */
export const KEY_FILES = { node: 'key.json', wallet: 'wallet.json' } as const

/** A private key (32 bytes) with its address and the file it stands in. */
export type StoredKey = { readonly key: Uint8Array, readonly address: Address, readonly path: string }

/**
 * Makes a key, or takes `options.key`, and writes it encrypted to `path`, for its owner's eyes only (mode 0600).
 * The file is on disk when this resolves. An existing file is never touched: it may be the only way to somebody's money.
 * @param options.scryptN work factor: a power of two. 131,072 costs about a second for each guess.
 * @throws `KEY_EXISTS`, `KEY_BAD_KEY`, `KEY_WRITE_FAILED`.
 */
export async function createKey (path: string, password: string, options: { scryptN: number, key?: Uint8Array }): Promise<StoredKey> {
  const key = options.key ?? randomKey()
  const address = addressOfKey(key)
  if (await exists(path)) throw keyExists(path)
  const text = await encryptKeystoreJson({ address, privateKey: hexlify(key) }, password, { scrypt: { N: options.scryptN } })
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    // 'wx' refuses atomically what appeared since the look above.
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(`${text}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (hasErrno(cause, 'EEXIST')) throw keyExists(path)
    throw new ThreadsError('KEY_WRITE_FAILED', `cannot write ${path}`, { data: { path }, cause })
  }
  return { key, address, path }
}

/**
 * The key of an encrypted file.
 * @throws `KEY_NOT_FOUND`, `KEY_BAD_FILE`, `KEY_WRONG_PASSWORD`.
 */
export async function loadKey (path: string, password: string): Promise<StoredKey> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT')) throw new ThreadsError('KEY_NOT_FOUND', `there is no key at ${path}; "init" makes one`, { data: { path }, cause })
    throw new ThreadsError('KEY_BAD_FILE', `cannot read ${path}`, { data: { path }, cause })
  }
  if (!isKeystoreJson(text)) throw new ThreadsError('KEY_BAD_FILE', `${path} is not a Web3 Secret Storage file, version 3`, { data: { path } })
  try {
    const account = await decryptKeystoreJson(text, password)
    const key = getBytes(account.privateKey)
    return { key, address: addressOfKey(key), path }
  } catch (cause) {
    // ethers says so only in words; the MAC of the format is what tells a wrong password.
    if (cause instanceof Error && /incorrect password/i.test(cause.message)) {
      throw new ThreadsError('KEY_WRONG_PASSWORD', `the password does not open ${path}`, { data: { path } })
    }
    throw new ThreadsError('KEY_BAD_FILE', `${path} is damaged`, { data: { path }, cause })
  }
}

/**
 * The keys of a data directory: the node's, and the wallet's when it has a file of its own (same password), else the node's again.
 * @throws as {@link loadKey}.
 */
export async function loadKeys (dataDir: string, password: string): Promise<{ node: StoredKey, wallet: StoredKey }> {
  const node = await loadKey(join(dataDir, KEY_FILES.node), password)
  const walletPath = join(dataDir, KEY_FILES.wallet)
  return { node, wallet: await exists(walletPath) ? await loadKey(walletPath, password) : node }
}

/** A private key from 64 hexadecimal digits, 0x or not. @throws `KEY_BAD_KEY`. */
export function parseKey (text: string): Uint8Array {
  const digits = text.trim().replace(/^0x/, '')
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) throw badKey()
  const key = getBytes(`0x${digits}`)
  addressOfKey(key)
  return key
}

/** The address of a private key, lower case. @throws `KEY_BAD_KEY` when it is 0 or not below the order of secp256k1. */
export function addressOfKey (key: Uint8Array): Address {
  try {
    return computeAddress(hexlify(key)).toLowerCase() as Address
  } catch {
    // The reason stays behind: ethers' error quotes the key.
    throw badKey()
  }
}

function randomKey (): Uint8Array {
  for (;;) {
    const key = new Uint8Array(randomBytes(32))
    // One in 2^127 is outside the order; a loop is cheaper to trust than an argument.
    try {
      addressOfKey(key)
      return key
    } catch (error) {
      if (!(error instanceof ThreadsError)) throw error
    }
  }
}

const badKey = (): ThreadsError => new ThreadsError('KEY_BAD_KEY', 'not a private key of secp256k1: 32 bytes, above 0 and below the order')
const keyExists = (path: string): ThreadsError => new ThreadsError('KEY_EXISTS', `${path} exists already and is left as it is`, { data: { path } })
const hasErrno = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code

async function exists (path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false
    throw new ThreadsError('KEY_BAD_FILE', `cannot look at ${path}`, { data: { path }, cause: error })
  }
}
