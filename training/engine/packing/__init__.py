"""Rows one behind the other in one line, without padding, each seeing itself only."""
