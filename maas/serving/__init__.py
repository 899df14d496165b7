"""Answers typed requests from one version. Imports neither scikit-learn nor training."""
