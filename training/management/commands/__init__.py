"""Commands of the training room, one a module."""
