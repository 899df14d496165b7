"""The types of configs/train_config.yaml: everything that one training run depends on."""

import json
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from maas.config.data_format import Columns, Delimiter, Encoding, Forms, NullValues
from maas.config.service_config import Env, LogLevel, Text
from maas.model.signature import FeatureType, Runtime
from maas.model.tag import ModelName
from maas.strict_model import StrictModel, added_later

Numerics = Literal["portable", "native"]


class AppConfig(StrictModel):
    """The name of the application, and where it runs: dev logs text, prod logs JSON."""

    name: Text = "model-service"
    env: Env = "dev"


class PathsConfig(StrictModel):
    """Folders, relative to the project folder."""

    models_dir: Text = "models"
    logs_dir: Text = "logs"


class LoggingConfig(StrictModel):
    """How much a run logs."""

    level: LogLevel = "INFO"


class FeatureConfig(StrictModel):
    """One feature: its column, and what overrides the type that the data suggest."""

    column: Text
    type: FeatureType | None = None
    nullable: bool | None = None


class DataConfig(StrictModel):
    """Where the rows come from; `features` maps API name -> column.

    Without `features`, every column is a feature, except the target, the column of the split and
    those that `exclude` names.

    Attributes:
        source: a file, a pattern of files, or the name of a bundled data set.
        target: the column to predict.
        features: those to use; None: all.
        exclude: columns that are not features.
        delimiter: between the columns of a CSV file; None: a comma, and a tab in a .tsv file.
        decimal: the decimal mark of a CSV file, and of the forms.
        encoding: of a CSV file; UTF-8 may begin with a byte order mark.
        null_values: texts that are gaps in a CSV file, beside the usual ones.
        forms: column -> how its numbers or dates are written.
        drop_rows_without_target: whether rows with a gap in the target are left out.
        min_class_rows: classes with fewer rows are left out, or merged into `rare_class`.
        rare_class: the class that rows of rarer classes get; None: such rows are left out.
    """

    source: Text
    target: Text
    features: Annotated[dict[Text, Text | FeatureConfig], Field(min_length=1)] | None = None
    exclude: Columns = added_later(())
    delimiter: Delimiter | None = added_later(None)
    decimal: Literal[".", ","] = added_later(".")
    encoding: Encoding = added_later("utf-8")
    null_values: NullValues = added_later(())
    forms: Forms = added_later({})
    drop_rows_without_target: bool = added_later(False)
    min_class_rows: Annotated[int, Field(ge=2)] | None = added_later(None)
    rare_class: Text | None = added_later(None)

    @model_validator(mode="after")
    def _keys_suit_each_other(self) -> Self:
        if self.delimiter == self.decimal:
            raise ValueError("`delimiter` and `decimal` are the same character")
        if self.rare_class is not None and self.min_class_rows is None:
            raise ValueError("`rare_class` needs `min_class_rows`")
        return self


class SplitConfig(StrictModel):
    """Which rows are held out. The default is stratified for classes, random for numbers.

    `group` keeps all rows with the same value of `column` on one side; `time` holds out the rows
    with the newest values of `column`.
    """

    method: Literal["random", "stratified", "group", "time"] | None = None
    test_size: Annotated[float, Field(gt=0, lt=1)] = 0.2
    column: Text | None = None

    @model_validator(mode="after")
    def _column_suits_method(self) -> Self:
        if (self.method in ("group", "time")) != (self.column is not None):
            raise ValueError("the methods group and time need `column`; the others do not take it")
        return self


class PreprocessingConfig(StrictModel):
    """How features become the input of the estimator; `auto` depends on the estimator.

    Attributes:
        impute: what replaces missing numbers. `auto` is the median for nullable features, and
            nothing if the estimator accepts missing values itself.
        scale: whether numbers are standardised. `auto` does so except for trees, which do not
            need it.
        encode: how categories become numbers; a missing value belongs to no category.
        unknown: what happens to a category that training did not see. `error`: the service
            refuses it; `ignore`: it counts as missing.
    """

    impute: Literal["auto", "median", "mean", "most_frequent", "none"] = "auto"
    scale: Literal["auto", "standard", "none"] = "auto"
    encode: Literal["onehot", "ordinal"] = "onehot"
    unknown: Literal["error", "ignore"] = "error"


class EstimatorConfig(StrictModel):
    """The name of a scikit-learn class, and the parameters of its constructor."""

    name: Text
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _params_can_be_recorded(self) -> Self:
        try:
            json.dumps(self.params, allow_nan=False)
        except (TypeError, ValueError):
            allowed = "finite numbers, strings, lists and mappings"
            raise ValueError(f"params may hold {allowed} only") from None
        return self


class GateConfig(StrictModel):
    """The bounds of one metric; a run outside them is not published."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("a gate needs `min` or `max`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is above `max`")
        return self


class ReleaseGateConfig(StrictModel):
    """How far a metric may be from that of the live version, for a version to be promoted.

    Attributes:
        min_delta: the smallest difference, version minus live; -0.01 lets it be 0.01 lower.
        max_delta: the largest difference, for a metric of errors.
    """

    min_delta: float | None = None
    max_delta: float | None = None

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        low, high = self.min_delta, self.max_delta
        if low is None and high is None:
            raise ValueError("a release gate needs `min_delta` or `max_delta`")
        if low is not None and high is not None and low > high:
            raise ValueError("`min_delta` is above `max_delta`")
        return self


class ModelConfig(StrictModel):
    """The keys that determine the model: equal values and equal data give equal bytes."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    data: DataConfig
    split: SplitConfig = SplitConfig()
    preprocessing: PreprocessingConfig = PreprocessingConfig()
    estimator: EstimatorConfig
    runtime: Runtime = "onnx"
    numerics: Numerics = "portable"


class TrainConfig(ModelConfig):
    """One complete run."""

    app: AppConfig = AppConfig()
    paths: PathsConfig = PathsConfig()
    logging: LoggingConfig = LoggingConfig()
    model_name: ModelName
    gates: dict[Text, GateConfig] = Field(default_factory=dict)
    release_gates: dict[Text, ReleaseGateConfig] = Field(default_factory=dict)

    @property
    def determining(self) -> ModelConfig:
        """The part that the digest covers; without n_jobs, which changes the time but not a bit."""
        content = self.model_dump(include=set(ModelConfig.model_fields))
        content["estimator"]["params"].pop("n_jobs", None)
        return ModelConfig.model_validate(content, strict=True)
