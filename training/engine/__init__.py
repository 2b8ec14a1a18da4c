"""The tuning engine: plain Python and torch, run as `python -m training.engine RUN_DIR`."""
