"""The demo's reply sorter: replies to mails by class, the fit of a linear model to them, and its weights."""
