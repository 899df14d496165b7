"""What `python -m maas` runs, and what every entry point shares.

- `terminal`  errors as one line with an exit code, results on stdout
"""
