# Graft as a container image. Two stages: the first has the toolchain and builds, the second has what a
# server needs and nothing else. Client apps and tests are in neither (.dockerignore, scripts/release).
#
#   docker build -t graft .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#       -v graft-data:/data -p 3000:3000 graft
#
# BASE is a Debian with Python 3.11 or newer. Pin it by digest where images come from a registry:
#   docker build --build-arg BASE=python:3.13-slim-trixie@sha256:… .
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /source
COPY requirements-build.lock ./
RUN python3 -m venv /toolchain \
    && /toolchain/bin/pip install --quiet --no-cache-dir --require-hashes -r requirements-build.lock
COPY . .
# Two steps: packages are installed anew only when the lock file changed.
RUN python3 -m venv --without-pip /opt/graft/.venv \
    && /toolchain/bin/pip --python /opt/graft/.venv/bin/python install --quiet --no-cache-dir \
       --require-hashes -r requirements.lock
# Which commit this is, for release.json: --build-arg GRAFT_COMMIT=$(git rev-parse HEAD)
ARG GRAFT_COMMIT=
RUN /toolchain/bin/python -m scripts.release --folder /release \
    && cp -R /release/. /opt/graft/ \
    && /opt/graft/.venv/bin/python -m compileall -q /opt/graft/app

FROM ${BASE}
LABEL org.opencontainers.image.title="Graft" \
      org.opencontainers.image.description="A modular monolith with hot code loading, in Python on Reflex"
COPY --from=build /opt/graft /opt/graft
RUN mkdir -m 0700 /data && chown 10001:10001 /data
WORKDIR /opt/graft
USER 10001:10001
ENV PATH=/opt/graft/.venv/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3000/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve", "--json", "--host", "0.0.0.0", "--port", "3000", "--data", "/data"]
