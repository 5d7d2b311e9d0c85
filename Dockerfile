# What npm installs is decided by these files alone, so that a change in the code keeps that layer.
FROM node:24-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
COPY shared-protocol/package.json shared-protocol/
COPY widget/package.json widget/
COPY gateway/package.json gateway/

FROM manifests AS build
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM manifests AS modules
RUN npm ci --omit=dev --no-audit --no-fund
# Debian 12 has glibc 2.36; uWebSockets.js is built for 2.38. The copy made here is the one that loads.
COPY scripts/prepare-uwebsockets.mjs scripts/
COPY scripts/lib scripts/lib
RUN node scripts/prepare-uwebsockets.mjs && rm -r scripts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=modules /app ./
COPY --from=build /app/gateway/dist gateway/dist
COPY --from=build /app/gateway/bin gateway/bin
COPY --from=build /app/widget/dist widget/dist
RUN mkdir /data && chown node:node /data && ln -s /app/gateway/bin/parlance.mjs /usr/local/bin/parlance
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# On SIGTERM running replies finish, for up to DRAIN_SECONDS: give `docker stop` more time than that.
CMD ["node", "--enable-source-maps", "gateway/dist/main.js"]
