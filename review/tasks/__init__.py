"""Tasks, their versions, and who may do what in them."""
