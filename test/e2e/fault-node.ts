/** The command line with a disk that is full between one SIGUSR2 and the next: nothing is written, every write fails; what is there can be read. */
import '../../src/polyfill.js'
import { run } from '../../src/cli/program.js'
import { ThreadsError } from '../../src/errors.js'
import { openLevelStore } from '../../src/store/level.js'

let full = false
process.on('SIGUSR2', () => {
  full = !full
  process.stderr.write(`the disk is ${full ? 'full' : 'free'}\n`)
})

await run(process.argv, {
  openStore: async folder => {
    const store = await openLevelStore(folder)
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'batch' && full) return async () => { throw new ThreadsError('STORE_FAILED', 'the store cannot write: no space left on device') }
        const value: unknown = Reflect.get(target, name)
        // Its private fields are the store's own, not the proxy's.
        return typeof value === 'function' ? value.bind(target) as unknown : value
      }
    })
  }
})
