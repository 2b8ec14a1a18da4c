"""Who may enter: members, their API tokens, and the requests they may safely repeat."""
