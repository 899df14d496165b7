"""Keeps every run as an immutable version; the only place where training and serving meet."""
