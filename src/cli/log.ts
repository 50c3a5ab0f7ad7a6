/** The node's log on stderr: pino, as JSON lines or as one line of text each. */
import { pino } from 'pino'
import type { Log, LogLevel } from '../config.js'

/** Creates the log. Text lines are `time LEVEL event key=value …`. */
export function createLog (options: { level: LogLevel, json: boolean }): Log {
  const stream = { write: (line: string) => { process.stderr.write(options.json ? line : textLine(line)) } }
  const logger = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event', formatters: { level: (level) => ({ level }) } }, stream)
  return (level, event, data) => logger[level](data ?? {}, event)
}

function textLine (line: string): string {
  // SAFETY (cast): pino wrote the line a moment ago.
  const { level, time, event, ...data } = JSON.parse(line) as Record<string, unknown>
  const words = Object.entries(data).map(([key, value]) => `${key}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`)
  return [String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), String(event), ...words].join(' ') + '\n'
}
