# A node that plays. Data, keys included, lives in /data; the rest can be thrown away.
#
#   docker build -t evm-threads .
#   docker run --rm -it -v threads:/data evm-threads init
#   docker run -d --name threads -v threads:/data -p 9470:9470 \
#     -e EVM_THREADS_PASSWORD=… -e EVM_THREADS_CHAIN_URL=… -e EVM_THREADS_COURT=0x… evm-threads
#   docker exec threads evm-threads list
#
# The JSON-RPC interface stays inside the container, on its loopback: commands go through `docker exec`.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/run.mjs build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production EVM_THREADS_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/artifacts dist/artifacts
COPY --from=build /app/dist/src dist/src
# Named like the command that npm would install. /data is the user's before it becomes a volume, or the volume would be root's.
RUN printf '#!/bin/sh\nexec node /app/dist/src/cli/main.js "$@"\n' > /usr/local/bin/evm-threads \
  && chmod 755 /usr/local/bin/evm-threads \
  && install -d -o node -g node -m 700 /data
USER node
VOLUME /data
# Where peers connect: libp2p over WebSocket.
EXPOSE 9470
# Starting is slow when many threads are recovered from disk.
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s --retries=3 CMD ["evm-threads", "status", "--json"]
# The shell makes way (exec), so Node is process 1 and gets `docker stop`'s SIGTERM: the node then closes its store and leaves.
STOPSIGNAL SIGTERM
ENTRYPOINT ["evm-threads"]
CMD ["start"]
