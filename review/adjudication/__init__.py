"""What a lead does about verdicts: rulings, agreement, reviewers, known answers, and how the desk is set."""
