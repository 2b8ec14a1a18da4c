"""Commands of the evaluation room, one a module."""
