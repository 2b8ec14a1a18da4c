"""The demo's reply sorter: the demo encoder tuned on what replies to mails mean, its training, and its weights."""
