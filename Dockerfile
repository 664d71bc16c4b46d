FROM node:24-bookworm-slim AS build
WORKDIR /opt/weir
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Weir" \
      org.opencontainers.image.description="Flow aggregator for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
# Flows lie in large arrays that are read at random: in huge pages a record costs a tenth less, where the kernel gives them to whoever asks.
ENV GLIBC_TUNABLES=glibc.malloc.hugetlb=1
WORKDIR /opt/weir
COPY package.json LICENSE ./
COPY --from=build /opt/weir/node_modules node_modules
COPY --from=build /opt/weir/dist/src dist/src
COPY bin bin
# The second name is the one under which existing manifests start the aggregator.
RUN ln -s /opt/weir/bin/weir /usr/local/bin/weir && ln -s /opt/weir/bin/weir /flow-aggregator
# The kept UUID of the cluster and the certificates (dataDirectory). Mount a named volume here: an anonymous one is lost with its container.
VOLUME /var/lib/weir
EXPOSE 4739/tcp 4739/udp 14739/tcp 9090/tcp
STOPSIGNAL SIGTERM
ENTRYPOINT ["weir"]
