"""What is refused for its memory, with which figures and remedies; and that nothing else is."""

import pytest

from maas.errors import TooLargeError
from maas.model.signature import Feature
from maas.training.fit.memory import check_memory
from tests.model.graphs import feature
from tests.training.fitted import config

GIGABYTE = 1_000_000_000
DENSE = "HistGradientBoostingClassifier"


def texts(name: str, count: int) -> Feature:
    return feature(name, "category", categories=tuple(f"{index:05d}" for index in range(count)))


NUMBERS = tuple(feature(f"n{index}") for index in range(30))
TITLES = (texts("title", 45_000), texts("city", 300), texts("kind", 9), texts("k", 2), *NUMBERS)


def check(features: tuple[Feature, ...], rows: int, there: float, **changes) -> None:
    setting = config(**{"estimator": DENSE, **changes})
    check_memory(setting, features, rows, int(there * GIGABYTE))


def test_a_column_of_many_texts_is_refused_with_figures_and_remedies():
    with pytest.raises(TooLargeError) as caught:
        check(TITLES, 50_000, 8)
    line = str(caught.value)
    assert caught.value.exit_code == 2
    assert line.startswith("table: the fit: needs about ")
    assert (
        "8.0 GB are available: HistGradientBoostingClassifier gets 50000 rows x 45341 columns"
        in line
    )
    assert "45000 of 'title', 300 of 'city', 9 of 'kind'" in line
    assert "of 'k'" not in line
    assert "set `preprocessing.encode: ordinal`, or leave 'title' out of the features " in line
    assert line.endswith("(`data.exclude`), or train on fewer rows or columns")


def test_the_remedies_that_it_names_work():
    check(TITLES, 50_000, 8, preprocessing={"encode": "ordinal"})
    check(TITLES[1:], 50_000, 8)


def test_a_remedy_that_would_not_be_enough_is_not_named():
    with pytest.raises(TooLargeError) as caught:
        check((*TITLES, texts("other", 40_000)), 50_000, 8)
    assert "'title' out" not in str(caught.value)
    with pytest.raises(TooLargeError) as caught:
        check(TITLES, 50_000, 0.001)
    assert "ordinal" not in str(caught.value)


def test_listed_features_are_left_out_where_they_are_listed():
    listed = {"source": "table", "target": "y", "features": {"title": "title", "city": "city"}}
    with pytest.raises(TooLargeError, match=r"leave .title. out of data\.features,"):
        check(TITLES, 50_000, 8, data=listed)


@pytest.mark.parametrize("estimator", ["Ridge", "LogisticRegression", "RandomForestClassifier"])
def test_a_million_rows_of_thirty_numbers_fit_into_four_gigabytes(estimator: str):
    check(NUMBERS, 800_000, 4, estimator=estimator)


def test_numbers_that_are_too_many_are_refused_without_talk_of_categories():
    with pytest.raises(TooLargeError) as caught:
        check(NUMBERS, 10_000_000, 4)
    assert str(caught.value).endswith("10000000 rows x 30 columns; train on fewer rows or columns")


def test_an_estimator_that_copies_more_needs_more():
    check(NUMBERS, 1_000_000, 1.2, estimator="LogisticRegression")
    with pytest.raises(TooLargeError):
        check(NUMBERS, 1_000_000, 1.2, estimator="LinearDiscriminantAnalysis")


def test_a_sparse_matrix_needs_little_and_a_version_of_an_older_schema_has_none():
    check(TITLES, 50_000, 0.2, estimator="LogisticRegression")
    setting = config("LogisticRegression")
    with pytest.raises(TooLargeError):
        check_memory(setting, TITLES, 50_000, 8 * GIGABYTE, verified=2)
