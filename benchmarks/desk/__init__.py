"""The desk under load: how long the next card takes after a decision, at which size, with how many reviewers."""
