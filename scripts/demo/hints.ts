/** `--keep`: how to talk to what runs on. */
import type { Actor, Stage } from './stage.js'
import { DEPOSIT_WEI, PATIENCE_SEC, STAKE_WEI } from './thread-game.js'

/** Commands to type in another terminal. */
export function keepHints (stage: Stage, [x, o]: readonly [Actor, Actor], code: string, thread: string): string[] {
  const other = o.player.sessionKey === o.player.wallet ? o.player.wallet : `${o.player.wallet}:${o.player.sessionKey}`
  return [
    `Still running: the chain at ${stage.arena.anvil.url}, and two nodes. Ctrl-C ends all.`,
    '',
    `In a second terminal you are ${x.name}:`,
    `  export EVM_THREADS_DATA_DIR=${x.player.dataDir}`,
    `  npm run cli -- history ${thread.slice(0, 10)}`,
    `  npm run cli -- status ${thread.slice(0, 10)}`,
    '',
    'Open another game:',
    `  npm run cli -- open ${code} \\`,
    `    --player ${other} \\`,
    `    --deposit ${DEPOSIT_WEI / 10n ** 18n}ether --ctor "(address,address,uint256,uint256)" \\`,
    `    @0 @1 ${STAKE_WEI} ${PATIENCE_SEC}`,
    '',
    `In a third terminal you are ${o.name}; take the thread's id from "list":`,
    `  export EVM_THREADS_DATA_DIR=${o.player.dataDir}`,
    '  npm run cli -- list',
    '  npm run cli -- join THREAD',
    '',
    'Then in both, and at the end in one of them:',
    '  npm run cli -- play THREAD',
    '  npm run cli -- close THREAD'
  ]
}
