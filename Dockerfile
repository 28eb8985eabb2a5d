# Two stages: what builds the bundles stays behind; the image holds Node, the bundles, and the tools that read a node.
FROM node:24-trixie-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build

FROM node:24-trixie-slim
# iptables and nftables read both kinds of rules (nft 1.1.3: older ones crash on rules of a newer one), bind9-dnsutils
# has nslookup, iproute2 has ip. npm and yarn are of no use to a bundle, and of some to whoever gets in.
RUN apt-get update \
 && apt-get install -y --no-install-recommends iptables nftables bind9-dnsutils iproute2 \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
      /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
WORKDIR /app
COPY --from=build /src/dist/operator.cjs /src/dist/probe.cjs /src/dist/responder.cjs ./
COPY LICENSE ./
ENV NODE_ENV=production
# No name in /etc/passwd: Kubernetes' runAsNonRoot asks for a number.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["--disable-warning=DEP0040", "--max-old-space-size=256", "--max-semi-space-size=4", "/app/operator.cjs"]
