"""Train one version: `python train.py [--config FILE] [--set KEY=VALUE …] [--json]`.

Versions and logs go to the project of this train.py, wherever the config is. Data are relative to
the copy of this project that the config is in, or else to the folder of the config.

Exit code: 0 published; 1 the run failed; 2 the config, the data or the command is not valid.
"""

import argparse
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from maas.commands.terminal import (
    print_json,
    run_command,
    short_path,
    stdout_to_stderr,
    unexpected,
)
from maas.config.paths import PROJECT, models_folder, project_root
from maas.config.reading import load_train_config
from maas.config.train_config import TrainConfig
from maas.errors import MaasError
from maas.logs import configure_logs, record_failure
from maas.registry.left_out import describe_left_out
from maas.registry.run_warnings import run_warnings
from maas.report.warnings import describe_warnings
from maas.training.checks.determinism import pin_process

if TYPE_CHECKING:
    from maas.report.record import Report
    from maas.training.run import RunResult


def main() -> int:
    """Read the arguments, pin the process, train, print the result."""
    arguments = _parse(sys.argv[1:])
    config = load_train_config(arguments.config, arguments.set)
    pin_process(config.numerics)
    # Wherever the config is, its versions stand beside the code that made them and verifies them.
    logs_dir = PROJECT / config.paths.logs_dir
    log = configure_logs(config.app.name, config.app.env, config.logging.level, logs_dir)
    try:
        models_dir = models_folder(config.paths.models_dir, PROJECT)
        data_root = project_root(arguments.config)
        return _train(config, data_root, models_dir, arguments.json, log)
    except (MaasError, OSError, MemoryError, ModuleNotFoundError) as error:
        record_failure(log, error)
        raise
    except Exception as error:
        record_failure(log, error)
        raise unexpected(error, logs_dir / "train.log") from error


def _train(
    config: TrainConfig, data_root: Path, models_dir: Path, as_json: bool, log: logging.Logger
) -> int:
    # maas.training.run loads numpy, which must happen after the process was pinned.
    from maas.progress import Progress
    from maas.training.run import STEPS, train

    with stdout_to_stderr(), Progress(STEPS, log) as progress:
        result = train(config, data_root, models_dir, sys.argv, progress.step)
    for line in result.measured.warnings:
        log.warning("scikit-learn: %s", line)
    data = result.version.manifest.data
    if left_out := describe_left_out(data.left_out, data.merged):
        log.info("%s: %s", data.source, left_out)
    for warning in run_warnings(result.version.manifest):
        log.warning("%s", warning.message)
    if result.figures is not None:
        _log_figures(result.figures, log)
    for synced in result.sync_results:
        level = logging.INFO if synced.state in ("created", "repaired") else logging.WARNING
        if synced.state != "present":
            line = "%s in the BentoML store: %s  %s"
            log.log(level, line, synced.tag, synced.state, synced.detail)
    _print_result(result, as_json)
    return 0


def _log_figures(report: "Report", log: logging.Logger) -> None:
    """Say what the figures leave in doubt."""
    for remark in describe_warnings(report):
        log.log(logging.INFO if remark.is_note else logging.WARNING, "%s", remark.text)


def _print_result(result: "RunResult", as_json: bool) -> None:
    version, manifest = result.version, result.version.manifest
    if as_json:
        print_json(
            {
                "version": version.number,
                "tag": version.tag,
                "path": short_path(version.path),
                "digest": manifest.digest,
                "metrics": manifest.metrics,
                "held_out": result.measured.held_out.model_dump(mode="json"),
                "warnings": [asdict(warning) for warning in run_warnings(manifest)],
            }
        )
    else:
        name, value = manifest.headline
        print(f"{version.label}  {version.tag}  {manifest.digest}  {name}={value:.3f}")


_WHERE = (
    "Versions and logs go to the project of this train.py (or to MODELS_DIR), wherever the config "
    "is. Data are relative to the copy of this project that the config is in, or else to the "
    "folder of the config."
)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train one version of the configured model.", epilog=_WHERE
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=PROJECT / "configs" / "train_config.yaml",
        metavar="FILE",
        help="the config of the run (default: configs/train_config.yaml)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one key, e.g. --set estimator.params.C=0.5",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(run_command(main))
