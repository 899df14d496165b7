# Two images: the whole project (the default), and one that only serves (`--target serve`).
# Two builds of one commit have equal layers; `make reproducible` compares them.
ARG BASE=python:3.11-slim-bookworm

# The packages of a lock: built again when the lock changes, and not when the code does.
FROM ${BASE} AS installer
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY scripts/slim.py scripts/image_packages.sh /install/

FROM installer AS all-packages
COPY requirements.txt /install/
RUN sh /install/image_packages.sh /install/requirements.txt

FROM installer AS serving-packages
ARG LOCK=requirements/serving.txt
COPY ${LOCK} /install/requirements.txt
RUN sh /install/image_packages.sh /install/requirements.txt

# The project, with a version: those of models/, or one that is trained here.
FROM all-packages AS project-files
ARG MODEL_TAG
ARG MODEL_DIGEST
COPY . /files/app
RUN /opt/venv/bin/python -B /files/app/scripts/image_files.py project "$MODEL_TAG" "$MODEL_DIGEST"

# What serves, as bentofile.yaml packs it, and models/.
FROM serving-packages AS serving-files
ARG MODEL_TAG
ARG MODEL_DIGEST
COPY . /files/app
RUN /opt/venv/bin/python -B /files/app/scripts/image_files.py serve "$MODEL_TAG" "$MODEL_DIGEST"

# What both images have in common. The store is in /tmp: a read-only image needs no other place.
FROM ${BASE} AS runtime
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv HOME=/tmp BENTOML_HOME=/tmp/bentoml \
    BENTOML_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["/opt/venv/bin/python", "-IS", "/app/maas/serving/process/health_check.py"]
CMD ["bentoml", "serve"]
ARG REVISION
ARG VERSION=0.1.0
ARG MODEL_TAG
ARG MODEL_DIGEST
LABEL org.opencontainers.image.title=model-service \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      model_tag=$MODEL_TAG \
      model_digest=$MODEL_DIGEST

FROM runtime AS serve
COPY --from=serving-packages /packages/ /
COPY --from=serving-files /files/ /
ENV APP_ENV=prod
WORKDIR /app
USER 1000:1000

FROM runtime
COPY --from=all-packages /packages/ /
COPY --from=project-files /files/ /
ENV PYTEST_ADDOPTS="-p no:cacheprovider"
WORKDIR /app
USER 1000:1000
