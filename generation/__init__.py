"""Teachers, prices, and the paid calls that make drafts."""
