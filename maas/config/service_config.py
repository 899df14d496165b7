"""The type of configs/service_config.yaml: how to serve."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from maas.model.tag import MAX_NUMBER
from maas.strict_model import StrictModel

Env = Literal["dev", "prod"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, StringConstraints(min_length=1)]


class ServiceConfig(StrictModel):
    """How to serve. Each key can also be set by a variable, its name in capitals."""

    model_version: Annotated[int, Field(ge=1, le=MAX_NUMBER)] | Literal["latest"] = "latest"
    model_digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    models_dir: Text = "models"
    port: Port = 8000
    app_env: Env = "dev"
    log_level: LogLevel = "INFO"
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    max_batch_rows: Annotated[int, Field(ge=1)] = 10_000
    access_log: bool = True
    max_concurrency: Annotated[int, Field(ge=1)] = 256
    body_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    drain_s: Annotated[float, Field(ge=0, le=3600)] = 5.0
    api_keys_file: Text | None = None
