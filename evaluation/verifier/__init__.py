"""Verifiers of claims: the rules, or a model after them."""
