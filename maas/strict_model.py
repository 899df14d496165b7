"""The base class of every type that is read from a file or written to one."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Immutable; no coercion, no unknown keys, finite numbers only. Defaults are checked too."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )
