/** Numbers and names as people read them. */
import { weiText } from '../../src/cli/text.js'

/** 1234567 as 1,234,567. */
export function grouped (value: number | bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}

/** An amount of ether, exact. */
export function ether (wei: string | bigint): string {
  const text = weiText(BigInt(wei).toString().replace('-', ''))
  const [whole = '0', fraction] = text.split('.')
  return `${BigInt(wei) < 0n ? '-' : ''}${grouped(BigInt(whole))}${fraction === undefined ? '' : `.${fraction}`}`
}

/** An amount with six decimals, so that a column of them is aligned; what is below is cut off. */
export function ether6 (wei: string | bigint): string {
  const micro = BigInt(wei) / 10n ** 12n
  const size = micro < 0n ? -micro : micro
  return `${micro < 0n ? '-' : ''}${grouped(size / 1_000_000n)}.${(size % 1_000_000n).toString().padStart(6, '0')}`
}

/** 0x1234…abcd */
export function shortAddress (address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`
}

/** 83 ms, 1.2 s */
export function duration (ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** `You` and `Bob`, `Alice, Bob and Carol`. */
export function listed (names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** Columns of a measured line: text, gas, time, bytes. */
export function row (text: string, gas = '', time = '', bytes = ''): string {
  return `    ${text.padEnd(40)}${gas.padStart(15)}${time.padStart(9)}${bytes.padStart(11)}`.trimEnd()
}
