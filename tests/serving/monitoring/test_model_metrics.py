"""What the model answered, and values unlike those it was trained on, single or in a batch."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from maas.model.encoding import Encoder
from maas.model.row import row_type
from maas.model.signature import Feature, Signature
from maas.serving.monitoring.collector import render_metrics
from maas.serving.monitoring.model_metrics import ModelMetrics, read_target_edges
from tests.serving.monitoring.text import parse, value

pytestmark = pytest.mark.usefixtures("registry")

OUTSIDE, UNSEEN = "maas_feature_out_of_range_total", "maas_feature_unseen_total"
BY_CLASS, NUMBERS = "maas_predictions_total", "maas_prediction_value"

KIND = Feature(name="kind", column="k", type="category", nullable=True, categories=("a", "b"))
NUMBER = Feature(name="number", column="n", type="number", nullable=True, minimum=0.1, maximum=1.0)
WHOLE = Feature(name="whole", column="w", type="integer", minimum=-3.0, maximum=9.0)
FLAG = Feature(name="flag", column="f", type="boolean")
USUAL = {"kind": "a", "number": 0.5, "whole": 0, "flag": True}


def make_signature(
    features: Sequence[Feature] = (KIND, NUMBER, WHOLE, FLAG), **changes: Any
) -> Signature:
    content = {"unknown": "ignore", "target": "t", "task": "regression", "example": {}}
    return Signature(features=tuple(features), **(content | changes))


def classifier(*classes: Any) -> Signature:
    return make_signature(task="classification", classes=classes)


@pytest.fixture(params=["single", "batch", "in a thread"])
def form(request: pytest.FixtureRequest) -> str:
    """How rows come to the model: one by one in the event loop, together, or one in a thread."""
    return request.param


def record(form: str, signature: Signature, rows: list[dict], answers: list[Any]) -> bytes:
    """Record rows, each the usual one with changes; give the text of /metrics."""
    metrics = ModelMetrics(signature, [0.0, 1.0, 2.0], 1)
    row, encoder = row_type(signature), Encoder(signature)
    names = {feature.name for feature in signature.features}
    usual = {name: value for name, value in USUAL.items() if name in names}
    valid = [row.model_validate({**usual, **changes}) for changes in rows]

    async def run() -> None:
        if form == "batch":
            matrix = encoder.encode_rows(valid)
            metrics.record(valid, matrix, answers, is_batch=True, in_loop=False)
        else:
            for one, answer in zip(valid, answers, strict=True):
                matrix = encoder.encode_rows([one])
                in_loop = form == "single"
                metrics.record([one], matrix, [answer], is_batch=False, in_loop=in_loop)
        await asyncio.sleep(0)

    asyncio.run(run())
    return render_metrics()


def test_answers_are_counted_by_class(form: str):
    text = record(form, classifier("no", "yes", "perhaps"), [{}] * 4, ["yes", "no", "yes", "yes"])
    counted = {s.labels["label"]: s.value for s in parse(text) if s.name == BY_CLASS}
    assert counted == {"no": 1, "yes": 3, "perhaps": 0}


@pytest.mark.parametrize(
    ("classes", "labels"), [((False, True), ["false", "true"]), ((0, 10), ["0", "10"])]
)
def test_a_class_is_named_as_in_json(form: str, classes: tuple, labels: list[str]):
    text = record(form, classifier(*classes), [{}] * 3, [classes[1], classes[1], classes[0]])
    assert [value(text, BY_CLASS, label=label) for label in labels] == [1, 2]


def test_predicted_numbers_are_counted_by_the_bins_of_the_target(form: str):
    text = record(form, make_signature(), [{}] * 4, [-1.0, 0.5, 1.5, 7.0])
    buckets = {s.labels["le"]: s.value for s in parse(text) if s.name == f"{NUMBERS}_bucket"}
    assert buckets == {"0.0": 1, "1.0": 2, "2.0": 3, "+Inf": 4}
    assert value(text, f"{NUMBERS}_sum") == 8
    assert value(text, BY_CLASS) is None


@pytest.mark.parametrize(
    ("edges", "buckets"), [([], ["0.0", "+Inf"]), ([5, 5, 5], ["5.0", "+Inf"])]
)
def test_a_target_with_few_edges_has_few_buckets(edges: list, buckets: list[str]):
    ModelMetrics(make_signature(), edges, 1)
    samples = parse(render_metrics())
    assert [s.labels["le"] for s in samples if s.name == f"{NUMBERS}_bucket"] == buckets


def test_values_outside_the_training_range_are_counted_by_feature(form: str):
    rows = [{"number": 0.05}, {"number": 1.1}, {"whole": 10, "number": 2.0}, {"whole": -4}, {}]
    text = record(form, make_signature(), rows, [0.5] * 5)
    assert value(text, OUTSIDE, feature="number") == 3
    assert value(text, OUTSIDE, feature="whole") == 2


def test_the_ends_of_the_range_and_gaps_are_not_outside(form: str):
    rows = [{"number": 0.1}, {"number": 1.0}, {"number": None}, {"whole": -3}, {"whole": 9}]
    text = record(form, make_signature(), rows, [0.5] * 5)
    assert value(text, OUTSIDE, feature="number") == 0
    assert value(text, OUTSIDE, feature="whole") == 0


def test_a_gap_does_not_hide_another_value_outside(form: str):
    text = record(form, make_signature(), [{"number": None, "whole": 10}], [0.5])
    assert value(text, OUTSIDE, feature="whole") == 1
    assert value(text, OUTSIDE, feature="number") == 0


def test_only_numbers_with_a_known_range_are_watched(form: str):
    unknown = Feature(name="unknown", column="u", type="number")
    text = record(form, make_signature((unknown, FLAG, KIND)), [{"unknown": 1e30}], [0.5])
    assert value(text, OUTSIDE) is None


def test_unseen_categories_are_counted_and_gaps_are_not(form: str):
    rows = [{"kind": "new"}, {"kind": "a"}, {"kind": None}, {"kind": ""}]
    text = record(form, make_signature(), rows, [0.5] * 4)
    assert value(text, UNSEEN, feature="kind") == 2


def test_where_unseen_categories_are_refused_none_are_counted(form: str):
    text = record(form, make_signature(unknown="error"), [{"kind": None}, {}], [0.5] * 2)
    assert value(text, UNSEEN) is None


def test_the_rows_of_batches_are_counted_and_single_rows_are_not(form: str):
    text = record(form, make_signature(), [{}] * 20, [0.5] * 20)
    batches = 1 if form == "batch" else 0
    assert value(text, "maas_batch_rows_count") == batches
    assert value(text, "maas_batch_rows_bucket", le="10.0") == 0
    assert value(text, "maas_batch_rows_bucket", le="100.0") == batches
    assert value(text, "maas_batch_rows_sum") == 20 * batches


def test_an_empty_batch_is_a_batch():
    text = record("batch", classifier("no", "yes"), [], [])
    assert value(text, "maas_batch_rows_bucket", le="1.0") == 1
    assert value(text, BY_CLASS, label="yes") == 0


def test_two_versions_in_one_process_share_the_metrics():
    record("single", make_signature(), [{"number": 2.0}], [0.5])
    text = record("single", make_signature(), [{"number": 2.0}], [0.5])
    assert value(text, OUTSIDE, feature="number") == 2
    assert value(text, f"{NUMBERS}_count") == 2


@pytest.mark.parametrize(
    ("reference", "edges"),
    [(b'{"target": {"edges": [0.5, 1]}}', [0.5, 1]), (b'{"target": {"counts": {"a": 1}}}', [])],
)
def test_the_edges_of_the_target_are_read_from_the_reference(reference: bytes, edges: list):
    assert read_target_edges(reference) == edges
