"""A real run over compressed files of another dialect, and its verification."""

import gzip
import json
import platform
import sys

import yaml

from tests.workspace import Workspace

PROMISED = (sys.platform, platform.machine()) == ("linux", "x86_64")


def test_a_version_of_files_in_another_dialect_is_bit_identical(workspace: Workspace):
    folder = workspace.folder / "data [old]"
    folder.mkdir()
    for month in range(3):
        rows = [
            f"{n % 7},{n};{n % 5 if n % 9 else '-'};{'Köln' if n % 3 else 'Süd'};{'pq?'[n % 3]}"
            for n in range(month * 40, month * 40 + 40)
        ]
        lines = ["größe;zimmer;stadt;art", *rows, "1,5;2;Süd;selten" if month else "1,5;2;Köln;-"]
        data = "\r\n".join(lines).encode("cp1252")
        (folder / f"2024-0{month}.csv.gz").write_bytes(gzip.compress(data))
    config = {
        "model_name": "mine",
        "data": {
            "source": "data [[]old]/2024-*.csv.gz",
            "target": "art",
            "delimiter": ";",
            "decimal": ",",
            "encoding": "cp1252",
            "null_values": ["-", "?"],
            "drop_rows_without_target": True,
            "min_class_rows": 3,
        },
        "estimator": {"name": "LogisticRegression"},
    }
    path = workspace.folder / "mine.yaml"
    path.write_text(yaml.safe_dump(config))
    done = workspace.train("--config", str(path))
    assert done.returncode == 0, done.stderr
    words = "41 rows without a target left out, 2 rows of rare classes left out"
    assert f"data [[]old]/2024-*.csv.gz: {words}" in done.stderr
    shown = workspace.maas("show", "1")
    assert f"data      data [[]old]/2024-*.csv.gz, 80 rows, {words}" in shown.stdout
    found = json.loads(workspace.maas("show", "1", "--json").stdout)
    assert found["data"]["left_out"] == {"without_target": 41, "rare_classes": 2}
    types = {feature["name"]: feature["type"] for feature in found["signature"]["features"]}
    assert types == {"größe": "number", "zimmer": "integer", "stadt": "category"}
    done = workspace.maas("verify", "1")
    assert done.returncode == (0 if PROMISED else 3), done.stdout + done.stderr
