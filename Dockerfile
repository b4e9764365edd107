# EcoM2F.Serving and the ecom2f command in one image, with the bundled model.
#
#   docker build -t ecom2f-serving:0.1.0 .                          # CPU: the last stage, also --target cpu
#   docker build -t ecom2f-serving:0.1.0-cuda --target cuda .       # NVIDIA, CUDA 13
#
#   docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8080:8080 ecom2f-serving:0.1.0
#   docker run ... -v /my/model:/app/models/mine:ro ...             # one more model; over /app/models: instead of the bundled one
#   docker run --rm -v "$PWD:/data" -u "$(id -u)" --entrypoint ecom2f ecom2f-serving:0.1.0 segment /data/photos -o /data/out
#
# Needs BuildKit (the default since Docker 23). The images are for x86-64, whatever machine builds them: an ARM one emulates it.
# tools/follow_dockerfile.sh runs the steps of the CPU image without an engine.

ARG DOTNET_SDK=10.0.401
ARG DOTNET_RUNTIME=10.0.12
ARG CUDA=13.0.2
# goes with RID below
ARG PLATFORM=linux/amd64


# NuGet's packages are a layer of their own, made anew only when a project file changes.
FROM --platform=${PLATFORM} mcr.microsoft.com/dotnet/sdk:${DOTNET_SDK}-noble AS restore
ARG RID=linux-x64
WORKDIR /src
COPY global.json .editorconfig Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY src/EcoM2F.Inference/EcoM2F.Inference.csproj src/EcoM2F.Inference/
COPY src/EcoM2F.Compiler/EcoM2F.Compiler.csproj src/EcoM2F.Compiler/
COPY src/EcoM2F.Recipe/EcoM2F.Recipe.csproj src/EcoM2F.Recipe/
COPY src/EcoM2F.Serving/EcoM2F.Serving.csproj src/EcoM2F.Serving/
COPY src/EcoM2F.Cli/EcoM2F.Cli.csproj src/EcoM2F.Cli/
RUN dotnet restore src/EcoM2F.Serving -r ${RID} && dotnet restore src/EcoM2F.Cli -r ${RID}


# The CUDA provider: hundreds of megabytes, so a layer that only its own image waits for.
FROM restore AS restore-cuda
RUN dotnet restore src/EcoM2F.Serving -r ${RID} -p:Gpu=true && dotnet restore src/EcoM2F.Cli -r ${RID} -p:Gpu=true


# Both programs into one folder, so that they share every library.
FROM restore AS build
COPY build/BannedSymbols.txt build/
COPY src src
RUN dotnet publish src/EcoM2F.Serving -c Release -r ${RID} --no-self-contained --no-restore -o /app \
    && dotnet publish src/EcoM2F.Cli -c Release -r ${RID} --no-self-contained --no-restore -o /app
COPY LICENSE THIRD-PARTY-NOTICES.md /app/
COPY models /models
RUN chmod -R u=rwX,go=rX /app /models


FROM restore-cuda AS build-cuda
COPY build/BannedSymbols.txt build/
COPY src src
RUN dotnet publish src/EcoM2F.Serving -c Release -r ${RID} --no-self-contained --no-restore -p:Gpu=true -o /app \
    && dotnet publish src/EcoM2F.Cli -c Release -r ${RID} --no-self-contained --no-restore -p:Gpu=true -o /app
COPY LICENSE THIRD-PARTY-NOTICES.md /app/
COPY models /models
RUN chmod -R u=rwX,go=rX /app /models


# Chiseled: no shell, no package manager; holds the C++ runtime and OpenSSL, which is all that the native libraries want.
FROM --platform=${PLATFORM} mcr.microsoft.com/dotnet/aspnet:${DOTNET_RUNTIME}-noble-chiseled AS aspnet


FROM --platform=${PLATFORM} nvidia/cuda:${CUDA}-cudnn-runtime-ubuntu24.04 AS cuda
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3t64 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=aspnet /usr/share/dotnet /usr/share/dotnet
COPY --from=build-cuda /models /app/models
COPY --from=build-cuda /app /app
WORKDIR /app
ENV PATH=/app:/usr/share/dotnet:$PATH \
    DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_RUNNING_IN_CONTAINER=true \
    # no debugger's pipes; set to 1 for dotnet-trace and its like, which meet in /tmp
    DOTNET_EnableDiagnostics=0 \
    # settings of a container do not change while it runs: no file watchers, of which a node has few
    DOTNET_hostBuilder__reloadConfigOnChange=false \
    ASPNETCORE_HTTP_PORTS=8080 \
    Engine__ExecutionProvider=cuda
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="EcoM2F.Serving (CUDA)" \
      org.opencontainers.image.description="Image segmentation over HTTP with an encoder depth chosen per image (ECO-M2F)" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
USER 1654:1654
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=180s --retries=3 CMD ["/app/EcoM2F.Serving", "health"]
ENTRYPOINT ["/app/EcoM2F.Serving"]


FROM aspnet AS cpu
COPY --from=build /models /app/models
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app:$PATH \
    DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_RUNNING_IN_CONTAINER=true \
    # no debugger's pipes; set to 1 for dotnet-trace and its like, which meet in /tmp
    DOTNET_EnableDiagnostics=0 \
    # settings of a container do not change while it runs: no file watchers, of which a node has few
    DOTNET_hostBuilder__reloadConfigOnChange=false \
    ASPNETCORE_HTTP_PORTS=8080
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="EcoM2F.Serving" \
      org.opencontainers.image.description="Image segmentation over HTTP with an encoder depth chosen per image (ECO-M2F)" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
USER 1654:1654
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=3 CMD ["/app/EcoM2F.Serving", "health"]
ENTRYPOINT ["/app/EcoM2F.Serving"]
