"""Jobs over small files, with versions that were made by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maas.registry.version import Version
from maas.scoring.plan import Request
from maas.scoring.run import score
from maas.scoring.score_record import ScoreRecord
from tests.model.graphs import feature
from tests.scoring.hand_made import make_signature, publish
from tests.scoring.inline import InlineEngine

Score = Callable[..., ScoreRecord]


@pytest.fixture
def version(tmp_path: Path) -> Version:
    """Answers 0.5 a + 1.5 b."""
    features = (feature("a", column="Column a"), feature("b", column="Column b", nullable=True))
    return publish(tmp_path / "models", make_signature(features, input_bound=1e6))


@pytest.fixture
def run_job(version: Version) -> Score:
    """Score files in this process."""

    def run(source: object, target: Path, version: Version = version, **how: Any) -> ScoreRecord:
        keep = tuple(how.pop("keep", ()))
        with InlineEngine() as engine:
            return score(version, Request(str(source), target, keep=keep, **how), engine)

    return run
