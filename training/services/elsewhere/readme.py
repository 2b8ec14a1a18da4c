"""What stands in the README of a run that was given away."""

README = """# {run}

A training run of {student} to be done on any machine that has Python; no database is needed.

```
pip install "miniatures[training]"
python -m training.engine .
```

On several GPUs: `accelerate launch -m training.engine .`
{hub}
It goes on from step {step}. Stop it with Ctrl-C or SIGTERM whenever you like; the same command goes on from the last
checkpoint. `events.jsonl` shows how it goes, and `result.json` is there when it has ended.

Bring this directory back whole and take the result over where it came from:

```
python manage.py adopt_run DIRECTORY
```

Change nothing in it: the spec, the rows and the student are sealed, and altered ones are refused.
"""
