"""The type of configs/service_config.yaml: how to serve."""

from ipaddress import ip_address
from typing import Annotated, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from maas.config.origins import Origins
from maas.model.tag import VERSION_FORMS, parse_version
from maas.strict_model import StrictModel

Env = Literal["dev", "prod"]
MIN_FOLLOW_S = 0.05
"""Seconds between two looks at the ledger, at least: a look takes tens of microseconds."""

Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, StringConstraints(min_length=1)]


_Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _in_capitals(level: object) -> object:
    """Take the name of a level in any case; what names none is left for the error."""
    known = isinstance(level, str) and level.upper() in get_args(_Level)
    return level.upper() if known and isinstance(level, str) else level


LogLevel = Annotated[_Level, BeforeValidator(_in_capitals)]


def _read_version(value: object) -> int | str:
    """Read a number, or a text in one of the forms that commands take."""
    text = str(value) if type(value) is int else value
    found = parse_version(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"write {VERSION_FORMS}")
    return found


ModelVersion = Annotated[int | Literal["live", "latest"], BeforeValidator(_read_version)]


def _check_address(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        every = "0.0.0.0"  # noqa: S104 - only named
        what = f"write an IP address: 127.0.0.1 for this machine alone, {every} for every interface"
        raise ValueError(what) from None
    return host


Host = Annotated[str, AfterValidator(_check_address)]


def _check_interval(seconds: float) -> float:
    if 0 < seconds < MIN_FOLLOW_S:
        raise ValueError(f"it must be 0 (never) or at least {MIN_FOLLOW_S:g}")
    return seconds


FollowSeconds = Annotated[float, Field(ge=0, le=3600), AfterValidator(_check_interval)]


class ServiceConfig(StrictModel):
    """How to serve. Each key can also be set by a variable, its name in capitals.

    That of `host` is BENTOML_HOST: shells and compilers use HOST for something else.
    """

    model_config = ConfigDict(validate_default=True)  # a default is held against other keys too

    model_version: ModelVersion = "live"
    model_digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    follow_s: FollowSeconds = 1.0
    models_dir: Text = "models"
    host: Host = "127.0.0.1"
    port: Port = 8000
    app_env: Env = "dev"
    log_level: LogLevel = "INFO"
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    max_body_bytes: Annotated[int, Field(ge=1)] = 10 * 1024 * 1024
    max_held_bytes: Annotated[int, Field(ge=1)] = 256 * 1024 * 1024
    max_batch_rows: Annotated[int, Field(ge=1)] = 10_000
    access_log: bool = True
    max_concurrency: Annotated[int, Field(ge=1)] = 256
    body_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    drain_s: Annotated[float, Field(ge=0, le=3600)] = 5.0
    api_keys_file: Text | None = None
    cors_origins: Origins = None

    @field_validator("max_held_bytes")
    @classmethod
    def _holds_the_largest_body(cls, held: int, info: ValidationInfo) -> int:
        body = info.data.get("max_body_bytes")  # None if that is not valid itself
        if body is not None and held < body:
            raise ValueError(f"it must be at least max_body_bytes, which is {body}")
        return held
