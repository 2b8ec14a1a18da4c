"""Commands of the generation room, one a module."""
