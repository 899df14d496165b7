"""The page and the report in a real Chromium: `pytest -m browser`.

Modules import Playwright nowhere but in `chromium.py`, within functions: only requirements/dev.txt
holds it.
"""
