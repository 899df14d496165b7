"""Reads the two YAML files into their types; errors name the file, the key, the value, a remedy."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from maas.config.explanation import explain
from maas.config.service_config import ServiceConfig
from maas.config.train_config import TrainConfig
from maas.config.yaml_file import override_key, read_yaml
from maas.errors import ConfigError
from maas.strict_model import StrictModel

ConfigT = TypeVar("ConfigT", bound=StrictModel)


def load_train_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a train config and apply `--set KEY=VALUE` overrides.

    Raises:
        ConfigError: the file, a key or an override is not valid.
    """
    data = read_yaml(path)
    for override in overrides:
        override_key(data, override)
    return _validate(TrainConfig, data, path)


VERSION_VARIABLES = {"MODELS_DIR", "MODEL_VERSION", "MODEL_DIGEST"}
"""The variables that say which version is served, or packed; the others say how it is served."""


def load_service_config(path: Path, environ: Mapping[str, str] = os.environ) -> ServiceConfig:
    """Read a service config; the variable of a key overrides the file.

    An empty variable counts as not set, except API_KEYS_FILE: there it is an error.

    Raises:
        ConfigError: the file, a key or a variable is not valid.
    """
    data = read_yaml(path) if path.exists() else {}
    for name, field in ServiceConfig.model_fields.items():
        variable = variable_of(name)
        raw = environ.get(variable)
        if name == "host":
            raw = raw or _host_of_a_container(environ)
        if raw == "" and name == "api_keys_file":  # most likely, a secret was not filled in
            raise ConfigError("variable API_KEYS_FILE", "is empty", "name a file, or unset it")
        if raw:
            kind: Any = Annotated[field.annotation, field]
            try:
                data[name] = TypeAdapter(kind).validate_strings(raw)
            except ValidationError as error:
                what, remedy = explain(error, kind, name)
                raise ConfigError(f"variable {variable}", what, remedy) from None
    return _validate(ServiceConfig, data, path)


def load_models_dir(path: Path) -> str:
    """Read `models_dir` of a service config, which is all that commands need of it.

    Nothing else in the file or in the environment can keep a command from running.

    Raises:
        ConfigError: the file cannot be read as YAML, or `models_dir` is not valid.
    """
    data = read_yaml(path) if path.exists() else {}
    needed = {name: value for name, value in data.items() if name == "models_dir"}
    return _validate(ServiceConfig, needed, path).models_dir


def _host_of_a_container(environ: Mapping[str, str]) -> str | None:
    """The host in the image of a Bento, where only a port that is published can be reached.

    `bentoml containerize` sets BENTOML_CONTAINERIZED, and offers no way to set BENTOML_HOST.
    """
    inside = environ.get("BENTOML_CONTAINERIZED") == "true"
    return "0.0.0.0" if inside else None  # noqa: S104


def variable_of(key: str) -> str:
    """The variable of a key of the service config: its name in capitals, but for `host`."""
    return "BENTOML_HOST" if key == "host" else key.upper()


def _validate(kind: type[ConfigT], data: dict[str, Any], path: Path) -> ConfigT:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        what, remedy = explain(error, kind)
        raise ConfigError(path, what, remedy) from None
