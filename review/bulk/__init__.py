"""The list of drafts, and one verdict for many of them."""
