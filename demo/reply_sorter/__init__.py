"""Reply sorter of the demo: labelled replies to mails, the fit of a linear model, and its weights."""
