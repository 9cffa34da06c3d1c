"""The simulators, called by public clients that others wrote: our own adapters could share our misunderstandings.

The clients live in an environment of their own (`.venv-clients`, `make test` makes it). A script `*_session.py` runs
there: it reads what it is told as JSON from standard input and prints what the client gave it as JSON. The tests run
here and judge.
"""
