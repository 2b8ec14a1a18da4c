"""Studies: a registered question, the cells that measure it, and their verdict."""
