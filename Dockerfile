# Builds the gateway with its demo model: docker build -t duplex . && docker run -p 3000:3000 -v duplex:/data duplex
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund
# Removes files that no process reads: the compiler, which @trpc/server names as a peer; the sources of SQLite and llama.cpp,
# whose builds are in the packages, and SQLite's builds for other systems; types and source maps of packages; Prisma's query
# compilers for other databases. Together they are more than half of the packages' size.
RUN rm -rf node_modules/typescript node_modules/@typescript node_modules/@rollup \
    node_modules/@fugood/llama.node/src node_modules/@photostructure/sqlite/src \
  && find node_modules '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' ')' -delete \
  && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name '*.sqlite.*' -delete \
  && find node_modules/@photostructure/sqlite/prebuilds -type f \
    ! -path "*/linux-$(node -p process.arch)/*.glibc.node" -delete

# Node.js alone: its image also has npm and yarn, which nothing needs at run time.
FROM debian:bookworm-slim
COPY --from=build /usr/local/bin/node /usr/local/bin/node
# libgomp is for llama.cpp, which runs the demo model, and libstdc++ for Node.js.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 libstdc++6 \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && useradd --uid 1000 --create-home node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/prisma/migrations ./prisma/migrations
COPY --from=build /app/server/providers/embedded/tinychat-q8_0.gguf ./server/providers/embedded/
COPY --from=build /app/server/setup/built-in-models.yaml ./server/setup/
COPY --from=build /app/docs ./docs
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/healthz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "dist/server/main.js"]
