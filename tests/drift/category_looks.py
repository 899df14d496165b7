"""Looks at categories and at predicted classes, whose counts are drawn as multinomials."""

from typing import Any, Literal

import numpy as np

from tests.drift.references import Judge, category, make_signature, number, tally


class CategoryLook:
    """Training rows of categories, and rows beside them; only what training saw is known.

    Args:
        shares: of the categories.
        training_rows: how many are drawn.
        unknown: whether later rows of categories that training did not see are counted, or refused.
        features: how many features there are, all alike.
    """

    def __init__(
        self,
        shares: Any,
        training_rows: int,
        unknown: Literal["error", "ignore"] = "error",
        features: int = 1,
    ) -> None:
        self.shares, self.training_rows = shares, training_rows
        self.unknown, self.features, self.trained = unknown, features, 0

    def train(self, random: np.random.Generator) -> None:
        """Draw training rows, of labels that no look before had."""
        self.trained += 1
        self.counted = random.multinomial(self.training_rows, self.shares, self.features)
        features, self.records = [], {}
        for place, counts in enumerate(self.counted):
            known = {f"{self.trained}_{c}": int(counts[c]) for c in np.flatnonzero(counts)}
            features.append(category(f"f{place}", list(known)))
            self.records[f"f{place}"] = tally(known)
        signature = make_signature(*features, unknown=self.unknown)
        self.judge = Judge(signature, self.records)

    def draw(self, random: np.random.Generator, rows: int, shares: Any = None) -> Any:
        """Counts of later rows per feature and category, by default of the same shares."""
        drawn = self.shares if shares is None else shares
        return random.multinomial(rows, drawn, self.features)

    def draw_again(self, random: np.random.Generator, rows: int) -> Any:
        """Counts of rows that are drawn from the training rows."""
        return np.stack([random.multinomial(rows, c / self.training_rows) for c in self.counted])

    def alarms(self, drawn: Any) -> bool:
        """Whether later rows, shape (features, categories), are called a drift."""
        counts = self.judge.bins.zeros()
        for (_, place), training, later in zip(
            self.judge.bins.fields, self.counted, drawn, strict=False
        ):
            known = later[training > 0]
            unseen = later.sum() - known.sum() if self.unknown == "ignore" else 0
            counts[place] = [*known, unseen, 0]
            counts[0] = max(counts[0], counts[place].sum())
        counts[self.judge.bins.fields[-1][1]] = counts[0] // 3
        return self.judge.judge(counts).verdict == "drift"


class ClassLook(CategoryLook):
    """Predictions of classes for held-out rows, and for rows beside them."""

    def train(self, random: np.random.Generator) -> None:
        """Draw predictions for held-out rows."""
        self.trained += 1
        self.counted = random.multinomial(self.training_rows, self.shares, 1)
        classes = tuple(f"{self.trained}_{c}" for c in range(len(self.shares)))
        held_out = {"counts": dict(zip(classes, self.counted[0].tolist(), strict=True))}
        signature = make_signature(number("f0"), classes=classes)
        record = {"edges": [0.0, 1.0], "counts": [self.training_rows], "nulls": 0}
        self.judge = Judge(signature, {"f0": record}, prediction=held_out)

    def alarms(self, drawn: Any) -> bool:
        """Whether later predictions, shape (1, classes), are called a drift."""
        counts = self.judge.bins.zeros()
        counts[:2] = drawn.sum()
        counts[self.judge.bins.fields[-1][1]] = drawn[0]
        return self.judge.judge(counts).verdict == "drift"
