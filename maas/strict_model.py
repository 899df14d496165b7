"""The base class of every type that is read from a file or written to one."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class StrictModel(BaseModel):
    """Immutable; no coercion, no unknown keys, finite numbers only. Defaults are checked too."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


def added_later(default: Any) -> Any:
    """A field that the first schema did not have: it is not written at its default.

    So a version that was published before keeps its bytes when it is trained again.
    """
    return Field(default, exclude_if=lambda value: value == default)
