"""A lead's work on verdicts: rulings, agreement, reviewers, known answers, and the settings of the desk."""
