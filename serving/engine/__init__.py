"""The engine that holds models and writes for many at once. Plain Python behind a unix socket; no Django."""
