"""Members, their API tokens, and the requests they may safely repeat."""
