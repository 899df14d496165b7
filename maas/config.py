"""The two YAML files, read into frozen strict types.

A typo fails here, with the file, the key, the value and what to do. Nothing below
this module looks at a raw mapping or at the environment.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from maas.errors import ConfigError
from maas.explanation import explain
from maas.signature import FeatureType, Runtime
from maas.yamlfile import override_key, read_yaml

PROJECT = Path(__file__).resolve().parent.parent
"""The folder of train.py and service.py."""

Env = Literal["dev", "prod"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, StringConstraints(min_length=1)]
# BentoML's own rule for tag names (bentoml/_internal/tag.py), minus ":" and "/".
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-._a-z0-9]{0,61}[a-z0-9])?$")]
ConfigT = TypeVar("ConfigT", bound="Section")


class Section(BaseModel):
    """Base of every block of a config file."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


class AppConfig(Section):
    """Who runs this, and where: dev logs text, prod logs JSON."""

    name: Text = "model-service"
    env: Env = "dev"


class PathsConfig(Section):
    """Folders, relative to the project root."""

    models_dir: Text = "models"
    logs_dir: Text = "logs"


class LoggingConfig(Section):
    """How much a run says."""

    level: LogLevel = "INFO"


class FeatureConfig(Section):
    """One feature: its column, and what to take instead of what the data suggest."""

    column: Text
    type: FeatureType | None = None
    nullable: bool | None = None


class DataConfig(Section):
    """Where the rows come from; `features` maps API name -> column.

    Features absent: every column but the target and the one that the split goes by.
    """

    source: Text
    target: Text
    features: Annotated[dict[Text, Text | FeatureConfig], Field(min_length=1)] | None = None


class SplitConfig(Section):
    """Which rows are held out. Method absent: stratified for classes, random for numbers.

    `group` keeps all rows of one value of `column` on one side; `time` holds out the
    rows with the newest values of `column`.
    """

    method: Literal["random", "stratified", "group", "time"] | None = None
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    column: Text | None = None

    @model_validator(mode="after")
    def _column_suits_method(self) -> Self:
        if (self.method in ("group", "time")) != (self.column is not None):
            raise ValueError("the methods group and time need `column`, the others take none")
        return self


class PreprocessingConfig(Section):
    """How features become what the estimator sees; `auto` is what suits the estimator.

    impute: of numbers. auto: the median where there can be gaps, nothing for estimators
        that take gaps themselves.
    scale: of numbers. auto: standardised, but not for trees, which do not need it.
    encode: of categories; a gap is none of them.
    unknown: a category that training did not see. error: the service refuses it;
        ignore: it counts as a gap.
    """

    impute: Literal["auto", "median", "mean", "most_frequent", "none"] = "auto"
    scale: Literal["auto", "standard", "none"] = "auto"
    encode: Literal["onehot", "ordinal"] = "onehot"
    unknown: Literal["error", "ignore"] = "error"


class EstimatorConfig(Section):
    """A scikit-learn class by name, and its constructor's parameters."""

    name: Text
    params: dict[str, Any] = {}

    @model_validator(mode="after")
    def _params_can_be_recorded(self) -> Self:
        try:
            json.dumps(self.params, allow_nan=False)
        except (TypeError, ValueError):
            raise ValueError("params may hold finite numbers, texts, lists and mappings") from None
        return self


class GateConfig(Section):
    """Bounds of one metric; a run outside them is not published."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a gate needs `min` or `max`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is above `max`")
        return self


class ModelConfig(Section):
    """What determines the model: equal values and equal data give equal bytes."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    data: DataConfig
    split: SplitConfig = SplitConfig()
    preprocessing: PreprocessingConfig = PreprocessingConfig()
    estimator: EstimatorConfig
    runtime: Runtime = "onnx"
    numerics: Literal["portable", "native"] = "portable"


class TrainConfig(ModelConfig):
    """configs/train_config.yaml: one complete run."""

    app: AppConfig = AppConfig()
    paths: PathsConfig = PathsConfig()
    logging: LoggingConfig = LoggingConfig()
    model_name: ModelName
    gates: dict[Text, GateConfig] = {}

    @property
    def determining(self) -> ModelConfig:
        """The part that goes under the digest; threads change how long a fit takes, no bit."""
        content = self.model_dump(include=set(ModelConfig.model_fields))
        content["estimator"]["params"].pop("n_jobs", None)
        return ModelConfig.model_validate(content, strict=True)


class ServiceConfig(Section):
    """configs/service_config.yaml: how to serve. Each key is also a variable in capitals."""

    model_version: Annotated[int, Field(ge=1)] | Literal["latest"] = "latest"
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


def load_train_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a train config and apply `--set KEY=VALUE` overrides.

    Raises:
        ConfigError: the file, a key or an override is wrong.
    """
    data = read_yaml(path)
    for override in overrides:
        override_key(data, override)
    return _validate(TrainConfig, data, path)


def load_service_config(path: Path, environ: Mapping[str, str] = os.environ) -> ServiceConfig:
    """Read a service config; a variable in capitals goes before the file.

    An empty variable counts as none, but for the keys.

    Raises:
        ConfigError: the file, a key or a variable is wrong.
    """
    data = read_yaml(path) if path.exists() else {}
    for name, field in ServiceConfig.model_fields.items():
        raw = environ.get(name.upper())
        if raw == "" and name == "api_keys_file":  # most likely a secret that was not filled in
            raise ConfigError("variable API_KEYS_FILE", "is empty", "name the file, or unset it")
        if raw:
            kind: Any = Annotated[field.annotation, field]
            try:
                data[name] = TypeAdapter(kind).validate_strings(raw)
            except ValidationError as error:
                what, remedy = explain(error, ServiceConfig, name)
                raise ConfigError(f"variable {name.upper()}", what, remedy) from None
    return _validate(ServiceConfig, data, path)


def project_root(config_path: Path) -> Path:
    """The folder that paths in a config are relative to.

    The nearest folder above the config that holds a train.py; else the config's own.
    """
    folder = config_path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "train.py").is_file()), folder)


def models_folder(configured: str, root: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The models folder: MODELS_DIR (relative to where you stand), else the config's."""
    override = environ.get("MODELS_DIR")
    return Path(override).absolute() if override else root / configured


def _validate(kind: type[ConfigT], data: dict[str, Any], path: Path) -> ConfigT:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        what, remedy = explain(error, kind)
        raise ConfigError(path, what, remedy) from None
