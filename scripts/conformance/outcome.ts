/** What became of a case. Out of scope always has its reason, and every case has its name. */
export type Outcome =
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'fail', readonly why: string }
  | { readonly verdict: 'outOfScope', readonly reason: string }

/** A case of a fixture file. */
export type Case = { readonly name: string, readonly run: () => Promise<Outcome> }

/** Everything was equal. */
export const PASS: Outcome = { verdict: 'pass' }

/** A difference. */
export function fail (why: string): Outcome {
  return { verdict: 'fail', why }
}

/** Not compared, and why. */
export function outOfScope (reason: string): Outcome {
  return { verdict: 'outOfScope', reason }
}

/** What both sides have done, in the same words; a field is compared as its text. */
export type Facts = Readonly<Record<string, string>>

/** Passes when all facts are equal. */
export function compare (expected: Facts, got: Facts): Outcome {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)])
  const differences = [...names].filter((name) => expected[name] !== got[name])
    .map((name) => `${name}: expected ${shorten(expected[name])}, judge ${shorten(got[name])}`)
  return differences.length === 0 ? PASS : fail(differences.slice(0, 4).join('; '))
}

function shorten (text = 'nothing'): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
