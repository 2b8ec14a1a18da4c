"""Commands of the review room, one a module."""
