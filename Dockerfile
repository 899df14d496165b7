ARG BASE=python:3.11-slim-bookworm

# Dependencies: rebuilt only when the lock changes.
FROM ${BASE} AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install -q --no-compile --require-hashes --only-binary=:all: -r /tmp/requirements.txt \
 && /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

# The project, and a version: the newest of models/, or one trained here.
FROM dependencies AS project
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv BENTOML_HOME=/home/app/bentoml PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY . .
# Whoever runs the image (`--user`) may train in it: versions, logs and store are open to all.
# `.image-copy` tells `promote` that nobody follows these models; a mounted folder hides it.
RUN (ls -d models/v[1-9]* >/dev/null 2>&1 || bash scripts/train.sh) \
 && mkdir -p logs "$BENTOML_HOME" \
 && touch models/.image-copy \
 && find models logs /home/app -type d -exec chmod a+rwx {} + \
 && find logs /home/app -type f \( -name '*.log' -o -name latest \) -exec chmod a+rw {} +

FROM ${BASE}
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv HOME=/home/app BENTOML_HOME=/home/app/bentoml \
    BENTOML_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTEST_ADDOPTS="-p no:cacheprovider"
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=project /home/app /home/app
COPY --from=project /app /app
WORKDIR /app
USER 1000:1000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-m", "maas.serving.process.health_check"]
CMD ["bentoml", "serve"]
