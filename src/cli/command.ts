/** What all commands share: the global options, the way to the node, and one place where errors become exit codes. */
import { Option, type Command } from 'commander'
import { resolveConfig, OPTIONS, envName, type Config, type OptionName } from '../config.js'
import { ThreadsError } from '../errors.js'
import type { ThreadId } from '../protocol/types.js'
import type { RpcClient } from '../rpc/client.js'
import { connectDaemon } from './daemon.js'
import type { ExitCode } from './exit-codes.js'
import { print } from './terminal.js'
import { completeThread } from './values.js'

/** What the body of a command gets besides its arguments. */
export type Context = {
  /** All options of the command and the program. */
  readonly options: Readonly<Record<string, unknown>>
  readonly json: boolean
  /** @throws `CONFIG_*`. */
  config (): Config
  /** Runs `use` on a connection to the node, and closes it. @throws `CLI_NO_DAEMON`, `RPC_*`. */
  withNode<T> (use: (client: RpcClient) => Promise<T>): Promise<T>
  /** The same for commands on one thread, whose id may be shortened. */
  withThread<T> (thread: string, use: (client: RpcClient, thread: ThreadId) => Promise<T>): Promise<T>
  /** Data to stdout: JSON with `--json`, else the text. */
  print (data: unknown, text: string): void
  /** Sets the exit code of a command that did its work and has bad news. */
  exit (code: ExitCode): void
}

/** The body of a command. */
export type Action = (context: Context, ...args: string[]) => Promise<void>

/** Hangs `action` behind a commander command; only plain words reach it as arguments, a variadic one joined as further arguments. */
export function act (command: Command, action: Action): Command {
  return command.action(async (...received: unknown[]) => {
    const words = received.slice(0, -2).flat().filter((word): word is string => typeof word === 'string')
    await action(contextOf(command), ...words)
  })
}

function contextOf (command: Command): Context {
  const options = command.optsWithGlobals<Record<string, unknown>>()
  const json = options['json'] === true
  const config = (): Config => resolveConfig(options, process.env)
  const withNode = async <T>(use: (client: RpcClient) => Promise<T>): Promise<T> => {
    const client = await connectDaemon(config().dataDir)
    try {
      return await use(client)
    } finally {
      await client.close()
    }
  }
  return {
    options, json, config, withNode,
    withThread: async (thread, use) => await withNode(async (client) => await use(client, await completeThread(client, thread))),
    print: (data, text) => print(json, data, text),
    exit: (code) => { process.exitCode = code }
  }
}

/** Adds options of the configuration as flags, with their environment variable and default in the help. */
export function addConfigOptions (command: Command, names: readonly OptionName[]): Command {
  for (const name of names) {
    const { kind, flag, doc, fallback } = OPTIONS[name]
    const shown = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? '' : `; default ${String(fallback)}`
    const help = `${doc} (${envName(name)}${shown})`
    // Flags end up under the option's key, whatever the flag is called; a repeated list flag collects.
    const collect = (value: string, before: unknown): unknown => kind.list === true ? [...(Array.isArray(before) ? before as string[] : []), value] : value
    const add = (option: Option): void => {
      option.attributeName = () => name
      command.addOption(option)
    }
    if (kind.flag === 'boolean') {
      add(new Option(`--${flag}`, help))
      if (fallback === true) add(new Option(`--no-${flag}`, `not: ${doc}`).preset(false))
    } else add(new Option(`--${flag} <value>`, help).argParser(collect))
  }
  return command
}

/** An option's text, or undefined. */
export function textOption (context: Context, name: string): string | undefined {
  const value = context.options[name]
  return typeof value === 'string' ? value : undefined
}

/** Rejects when the user presses Ctrl-C, with `CLI_INTERRUPTED`; `dispose` takes the handler away. */
export function interruption (): { readonly promise: Promise<never>, dispose (): void } {
  let onSignal = (): void => {}
  const promise = new Promise<never>((_resolve, reject) => {
    onSignal = () => reject(new ThreadsError('CLI_INTERRUPTED', 'interrupted'))
    process.once('SIGINT', onSignal)
  })
  // Whoever does not race against it must not crash by it.
  promise.catch(() => undefined)
  return { promise, dispose: () => { process.off('SIGINT', onSignal) } }
}
