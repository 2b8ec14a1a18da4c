"""Reading companies' sites for a task: the order, the pages as they come, and the records made of them."""
