"""`python -m deploy …`, also as `urakka …`."""

from deploy.cli import main

main()
