"""The figures of a report: readable by a parser, whatever is in the records."""

from xml.etree import ElementTree

import pytest

from maas.report.classes import classes_table
from maas.report.drawing import figures_css, report_figures
from maas.report.figure import Figure
from maas.report.parts import (
    AgreementRecord,
    BaselineRecord,
    ConfusionRecord,
    MetricRecord,
    ResidualsRecord,
)
from tests.report.pages import check_figure, check_markup
from tests.report.records import HOSTILE, classification, importance, regression

THREE = ("setosa", "versicolor", "virginica")


def by_id(figures: tuple[Figure, ...]) -> dict[str, Figure]:
    assert len({figure.id for figure in figures}) == len(figures)
    return {figure.id: figure for figure in figures}


def words(tree: ElementTree.Element) -> str:
    return " ".join(tree.itertext())


def test_a_classifier_and_a_regressor_have_their_figures():
    ranked = importance(("petal length", "petal width"))
    found = by_id(report_figures(classification(THREE, importance=ranked), "species"))
    assert list(found) == ["metrics", "confusion", "calibration", "importance"]
    found = by_id(report_figures(regression(), "price"))
    assert list(found) == ["metrics", "residuals", "agreement"]
    for figure in found.values():
        check_figure(figure)


def test_the_metrics_say_value_interval_and_baseline():
    figure = by_id(report_figures(classification(THREE), "species"))["metrics"]
    said = words(check_figure(figure))
    assert "accuracy 0.9, interval 0.85 to 0.94, baseline 0.5" in said
    assert "F1, mean of the classes 0.88." in said
    assert "always answers “setosa”" in figure.caption
    assert figure.drawing.count('class="whisker"') == 1 + 1  # of the legend, and of accuracy
    assert figure.drawing.count('class="line mark"') == 1 + 1


def test_metrics_in_the_unit_of_the_target_have_their_own_axis():
    figure = by_id(report_figures(regression(), "price"))["metrics"]
    assert "price, less is better" in figure.drawing
    assert "1 is perfect" in figure.drawing
    assert "12,300" in figure.drawing


@pytest.mark.parametrize("value", [-3.0, -1e300, 0.0, 1.0])
def test_any_metric_is_drawn_inside_the_picture(value: float):
    metric = MetricRecord(value=value, low=value, high=value, baseline=0.0)
    report = regression(metrics={"r2": metric, "rmse": MetricRecord(value=1e308)})
    tree = check_figure(by_id(report_figures(report, "price"))["metrics"])
    for dot in tree.iter("circle"):
        assert 0 <= float(dot.get("cx", "")) <= 328


def test_the_confusion_matrix_is_a_table_with_its_counts():
    figure = by_id(report_figures(classification(THREE), "species"))["confusion"]
    tree = check_figure(figure)
    rows = tree.findall(".//tbody/tr")
    assert [[cell.text for cell in row.iter("td")] for row in rows] == [
        ["9", "1", "2"], ["0", "9", "2"], ["0", "1", "9"],
    ]  # fmt: skip
    assert [head.get("scope") for head in tree.iter("th")] == ["col"] * 3 + ["row"] * 3
    assert [row.findall("td")[n].get("class", "").split()[-1] for n, row in enumerate(rows)] == [
        "right"
    ] * 3


def test_twenty_classes_are_shown_and_the_others_counted():
    report = classification([f"class {n}" for n in range(1000)])
    tree = check_figure(by_id(report_figures(report, "species"))["confusion"])
    assert len(tree.findall(".//tbody/tr")) == 21
    assert "980 others" in words(tree)
    table = classes_table(report)
    assert table.count("<tr>") == 1 + 20
    assert "and 980 more classes" in table
    check_markup(f"<div>{table}</div>")


def test_the_classes_with_the_most_rows_are_listed_in_their_order():
    report = classification([f"c{n}" for n in range(30)])
    few = tuple(record.model_copy(update={"support": n}) for n, record in enumerate(report.classes))
    table = classes_table(report.model_copy(update={"classes": few}))
    assert ">c9<" not in table
    assert table.index(">c10<") < table.index(">c29<")
    assert "–" in table  # a precision of what was never predicted


def test_a_regression_has_no_classes():
    assert classes_table(regression()) == ""


def test_calibration_has_a_dot_per_bin_with_rows():
    figure = by_id(report_figures(classification(THREE), "species"))["calibration"]
    tree = check_figure(figure)
    assert len(list(tree.iter("circle"))) == 1
    assert "said 97\u00a0%, right 50\u00a0% of 12\u00a0rows" in words(tree)


def test_a_dot_of_few_rows_is_hollow():
    report = classification(THREE)
    last = report.calibration[-1].model_copy(update={"rows": 9})
    changed = report.model_copy(update={"calibration": (*report.calibration[:-1], last)})
    assert 'class="dot few"' in by_id(report_figures(changed, "species"))["calibration"].drawing


def test_residuals_are_said_in_the_unit_of_the_target():
    figure = by_id(report_figures(regression(), "price"))["residuals"]
    assert "90\u00a0% between −3 and 4 off, in the unit of “price”" in figure.caption
    assert "Of 20\u00a0rows" in figure.caption


def test_agreement_has_no_more_paths_than_shades():
    counts = tuple(tuple(i * j for j in range(30)) for i in range(30))
    record = AgreementRecord(edges=tuple(float(n) for n in range(31)), counts=counts)
    report = regression(agreement=record, held_out_rows=1000)
    figure = by_id(report_figures(report, "price"))["agreement"]
    check_figure(figure)
    assert len(figure.drawing) < 30_000
    assert figure.drawing.count('<path class="h') == 5


def test_importance_shows_twenty_features_and_counts_the_others():
    ranked = importance([f"feature {n}" for n in range(50)], others=7)
    figure = by_id(report_figures(classification(THREE, importance=ranked), "x"))["importance"]
    check_figure(figure)
    assert "feature 19" in figure.drawing
    assert "feature 20" not in figure.drawing
    assert "37 less important ones are not shown" in figure.caption


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str):
    labels = [name, *THREE]
    ranked = importance(labels)
    answer = BaselineRecord(name="DummyClassifier", strategy="prior", answer=name)
    report = classification(labels, importance=ranked, baseline=answer)
    for figure in report_figures(report, name) + report_figures(regression(), name):
        check_figure(figure)
    check_markup(f"<div>{classes_table(report)}</div>")


def test_long_names_are_shortened_in_pictures_and_whole_in_their_titles():
    ranked = importance(["a_very_long_prefix_of_a_column_that_ends_in_" + end for end in "ab"])
    figure = by_id(report_figures(classification(THREE, importance=ranked), "x"))["importance"]
    assert "a_very_long_prefix_of_a_column_that_ends_in_a</title>" in figure.drawing
    assert "ends_in_a<" in figure.drawing.replace("_that", "")
    assert "…" in figure.drawing


def test_what_is_empty_or_missing_is_left_out():
    none = {"calibration": (), "confusion": None, "classes": ()}
    bare = classification(THREE).model_copy(update=none)
    assert list(by_id(report_figures(bare, "species"))) == ["metrics"]
    bare = regression().model_copy(update={"residuals": None, "agreement": None})
    assert list(by_id(report_figures(bare, "price"))) == ["metrics"]
    nothing = importance(())
    assert "importance" not in by_id(report_figures(regression(importance=nothing), "price"))
    empty = ConfusionRecord(labels=(), others=0, counts=())
    found = by_id(report_figures(classification(THREE, confusion=empty), "species"))
    assert "confusion" not in found


@pytest.mark.parametrize(
    ("edges", "counts"),
    [((0.0, 5e-324), (20,)), ((-1e308, 1e308), (20,)), ((0.0, 1.0, 2.0), (0, 0))],
)
def test_residuals_of_any_range(edges: tuple[float, ...], counts: tuple[int, ...]):
    residuals = ResidualsRecord(quantiles=(), edges=edges, counts=counts)
    for figure in report_figures(regression(residuals=residuals), "price"):
        check_figure(figure)


@pytest.mark.parametrize(
    "edges", [(0.0, 5e-324), (1e-320, 2e-320), (-1e308, 1e308), (1e9, 1e9 + 1)]
)
def test_agreement_of_any_range(edges: tuple[float, ...]):
    agreement = AgreementRecord(edges=edges, counts=((20,),))
    for figure in report_figures(regression(agreement=agreement), "price"):
        check_figure(figure)


def test_the_stylesheet_asks_for_nothing_and_closes_no_element():
    css = figures_css()
    for part in ("url(", "@import", "</", "http"):
        assert part not in css
    assert "prefers-color-scheme: dark" in css
