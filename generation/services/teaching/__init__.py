"""Rejections and edits taught back to a task: what is looked at, who is asked, and what a lead makes of the answer."""
