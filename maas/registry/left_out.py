"""What a run left out of its data, or merged: the record of a manifest, and the same in words."""

from typing import Annotated

from pydantic import Field

from maas.strict_model import StrictModel, added_later

Count = Annotated[int, Field(ge=0, lt=2**63)]


class LeftOutRecord(StrictModel):
    """How many rows of the source are not among those of the data.

    Attributes:
        without_target: those with a gap in the target.
        rare_classes: those of classes with too few rows.
    """

    without_target: Count = added_later(0)
    rare_classes: Count = added_later(0)


def describe_left_out(left_out: LeftOutRecord | None, merged: int) -> str:
    """Say what was left out and merged; "" where nothing was."""
    counts = {}
    if left_out is not None:
        counts["without a target left out"] = left_out.without_target
        counts["of rare classes left out"] = left_out.rare_classes
    counts["of rare classes merged into one"] = merged
    return ", ".join(f"{n} row{'s' * (n != 1)} {what}" for what, n in counts.items() if n)
