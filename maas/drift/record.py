"""What is said of drift: of each feature, of the predictions, and of all together."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from maas.strict_model import StrictModel

Verdict = Literal["ok", "drift", "too few rows"]
Share = Annotated[float, Field(ge=0, le=1)]
Distance = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0, lt=2**63)]

MIN_ROWS = 200
"""Fewer later rows have no verdict."""


def _check_verdict(verdict: Verdict, psi: float, limit: float | None) -> None:
    """Check a verdict of one field; numbers that are rounded to the same ones may be either."""
    if verdict == "drift" and (limit is None or psi < limit):
        raise ValueError("a drift that is not above the limit")
    if verdict == "ok" and limit is not None and psi > limit:
        raise ValueError("above the limit, and no drift")


class FeatureDrift(StrictModel):
    """How the values of a feature differ from those of the training rows.

    Attributes:
        psi: population stability index less its bias, at least 0; it is what is judged.
        js: Jensen-Shannon divergence to base 2, with its bias.
        limit: of `psi`, for this number of training rows and of later rows.
        null_rate: the share of rows in which it is missing.
        unseen_rate: the share of rows with a category that training did not see, or with a number
            outside the range of the training rows.
        verdict: whether `psi` is above the limit.
    """

    psi: Distance
    js: Share
    limit: Annotated[float, Field(gt=0)]
    null_rate: Share
    unseen_rate: Share
    verdict: Verdict

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _check_verdict(self.verdict, self.psi, self.limit)
        return self

    @property
    def part_of_limit(self) -> float:
        """`psi` as a part of the limit: above 1 is a drift."""
        return self.psi / self.limit


class PredictionDrift(StrictModel):
    """How the predictions differ from those of held-out rows.

    Attributes:
        psi: as of a feature.
        js: as of a feature.
        limit: as of a feature; None: the version does not record what it predicted for held-out
            rows. It is then compared with the training target, which is never called a drift: a
            model predicts other shares than there are.
        verdict: whether `psi` is above the limit.
    """

    psi: Distance
    js: Share
    limit: Annotated[float, Field(gt=0)] | None
    verdict: Verdict

    @model_validator(mode="after")
    def _agree(self) -> Self:
        _check_verdict(self.verdict, self.psi, self.limit)
        return self

    @property
    def part_of_limit(self) -> float:
        """`psi` as a part of the limit: above 1 is a drift; 0 where there is none."""
        return self.psi / self.limit if self.limit else 0.0


class DriftReport(StrictModel):
    """How later rows differ from the training rows of a version: what GET /drift answers.

    Attributes:
        version: its number.
        digest: of the version.
        since: when counting began, RFC 3339 UTC; None: all rows of a job are counted.
        rows: later rows that were counted.
        features: by name.
        prediction: the predictions.
        verdict: `drift` if a feature or the predictions drift.
    """

    version: Annotated[int, Field(ge=1)]
    digest: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
    since: str | None
    rows: Count
    features: dict[str, FeatureDrift]
    prediction: PredictionDrift
    verdict: Verdict

    @model_validator(mode="after")
    def _agree(self) -> Self:
        verdicts = {self.prediction.verdict, *(each.verdict for each in self.features.values())}
        possible = {"too few rows"} if self.rows < MIN_ROWS else {"ok", "drift"}
        if not verdicts <= possible:
            raise ValueError("verdicts of another number of rows")
        if self.verdict != ("drift" if "drift" in verdicts else verdicts.pop()):
            raise ValueError("another verdict than that of the features and the predictions")
        return self

    def worst(self) -> list[tuple[str, FeatureDrift]]:
        """The features, those first that are farthest above their limit or nearest to it."""
        return sorted(self.features.items(), key=lambda item: -item[1].part_of_limit)
