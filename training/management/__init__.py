"""Commands of the training room."""
