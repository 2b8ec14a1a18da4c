"""Who verifies claims: the rules, or a model after them."""
