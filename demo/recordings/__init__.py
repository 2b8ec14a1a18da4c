"""Recordings of engines' work on the demo's data, and an engine that plays them back on a fresh demo."""
