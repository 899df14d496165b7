"""The text of /metrics as a scraper reads it."""

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

TOTAL = "bentoml_service_request_total"
SECONDS = "bentoml_service_request_duration_seconds"


def parse(text: bytes) -> list[Sample]:
    families = text_string_to_metric_families(text.decode())
    return [sample for family in families for sample in family.samples]


def value(text: bytes, name: str, /, **labels: str) -> float | None:
    """The one sample of a name that has these labels, and maybe others; None if there is none."""
    found = [s.value for s in parse(text) if s.name == name and labels.items() <= s.labels.items()]
    assert len(found) <= 1, f"{name} {labels} is not one sample"
    return found[0] if found else None
