"""Data of the demo: fictional prospects, a fictional seller, and drafts for them."""
