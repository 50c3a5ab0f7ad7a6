import * as assert from 'uvu/assert'

/**
 * Fails unless `promise` rejects with an error whose `code` is `code`.
 * (`assert.throws` does not await, and a promise that resolves must fail the test.)
 */
export async function rejects (promise: Promise<unknown>, code: string): Promise<void> {
  try {
    await promise
  } catch (error) {
    if (codeOf(error) === code) return
    const seen = error instanceof Error ? error.stack ?? error.message : String(error)
    assert.unreachable(`expected a rejection with ${code}, got ${codeOf(error) ?? 'an error without a code'}: ${seen}`)
  }
  assert.unreachable(`expected a rejection with ${code}, but it resolved`)
}

function codeOf (error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
