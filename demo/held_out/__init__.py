"""Fact sheets of real companies, which nothing in the demo is trained on: what a claim about the mails is measured on."""
