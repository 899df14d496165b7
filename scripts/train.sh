#!/usr/bin/env bash
# Runs train.py with the active virtual environment, else the project's, else the system's Python.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
for venv in "${VIRTUAL_ENV:-$root/.venv}" "$root/.venv"; do
  for python in "$venv/bin/python" "$venv/Scripts/python.exe"; do
    if [[ -x "$python" ]]; then exec "$python" "$root/train.py" "$@"; fi
  done
done
exec "$(command -v python3 || command -v python)" "$root/train.py" "$@"
