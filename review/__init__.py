"""The centre of the product: tasks, records, drafts, expert decisions and the datasets made of them."""
