"""The figures of a report, and how they look."""

from functools import cache
from importlib.resources import files

from maas.report.figure import Figure
from maas.report.figures.agreement import agreement_figure
from maas.report.figures.calibration import calibration_figure
from maas.report.figures.confusion import confusion_figure
from maas.report.figures.importance import importance_figure
from maas.report.figures.metrics import metrics_figure
from maas.report.figures.residuals import residuals_figure
from maas.report.record import Report


def report_figures(report: Report, target: str) -> tuple[Figure, ...]:
    """The figures that a report has numbers for.

    Args:
        report: of a version.
        target: the name of what is predicted.
    """
    found = [metrics_figure(report, target)]
    if report.confusion is not None and report.confusion.counts:
        found.append(confusion_figure(report.confusion))
    if any(record.rows for record in report.calibration):
        found.append(calibration_figure(report.calibration))
    if report.residuals is not None:
        found.append(residuals_figure(report.residuals, target))
    if report.agreement is not None:
        found.append(agreement_figure(report.agreement, target))
    if report.importance is not None and report.importance.features:
        found.append(importance_figure(report.importance))
    return tuple(found)


@cache
def figures_css() -> str:
    """The stylesheet of figures and tables, with the colours of both schemes."""
    return files("maas.report").joinpath("static/figures.css").read_text(encoding="utf-8")
