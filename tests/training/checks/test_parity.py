"""The parity check: the exported model answers as the fitted pipeline does, or is refused."""

import numpy as np
import pytest

from maas.errors import ParityError
from maas.model.blocks import Blocks
from maas.model.predictor import Predictor
from maas.model.scorers import Array, OnnxScorer
from maas.training.checks.parity import check_parity, measure_parity
from maas.training.export import export_onnx
from maas.training.run import build_signature
from tests.training.fitted import config, fitted, table


def test_classes_that_an_export_would_cut_are_refused():
    setting = config("GaussianNB")
    data, frame, done = fitted(setting, table(y=[10_000_000_001, 2] * 30))
    signature = build_signature(setting, data, done)
    predictor = Predictor(OnnxScorer(export_onnx(done.pipeline, 2)), signature)
    with pytest.raises(ParityError, match="not one of its classes"):
        check_parity(done.pipeline, predictor, frame.iloc[done.held_out], 1e-5)


def test_another_model_than_the_fitted_one_fails_the_check():
    setting = config("RandomForestClassifier")
    data, frame, done = fitted(setting, table())
    _, _, other = fitted(setting, table(y=["p", "q"] * 30))
    signature = build_signature(setting, data, done)
    held_out = frame.iloc[done.held_out]
    right = Predictor(OnnxScorer(export_onnx(done.pipeline, 2)), signature)
    parity = check_parity(done.pipeline, right, held_out, 1e-5)
    assert parity.held_out == 12
    assert parity.probes > 1000
    wrong = Predictor(OnnxScorer(export_onnx(other.pipeline, 2)), signature)
    assert measure_parity(done.pipeline, wrong, held_out, 1e-5).labels_differ > 0
    with pytest.raises(ParityError, match="set `runtime: sklearn`"):
        check_parity(done.pipeline, wrong, held_out, 1e-5)


class MisplacingBlocks(Blocks):
    """Blocks that give the rows of each block the answers of their neighbours."""

    def pick(self, answers: Array, count: int) -> Array:
        return np.roll(super().pick(answers, count), 1, axis=0)


def test_blocks_that_give_a_row_the_answer_of_another_fail_the_check():
    setting = config("RandomForestClassifier")
    data, frame, done = fitted(setting, table())
    signature = build_signature(setting, data, done)
    scorer = OnnxScorer(export_onnx(done.pipeline, 2))
    held_out = frame.iloc[done.held_out]
    check_parity(done.pipeline, Predictor(scorer, signature, Blocks(7, 4, 4)), held_out, 1e-5)
    wrong = Predictor(scorer, signature, MisplacingBlocks(7))
    with pytest.raises(ParityError, match="does not predict as the fitted pipeline does"):
        check_parity(done.pipeline, wrong, held_out, 1e-5)
