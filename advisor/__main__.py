"""`python -m advisor` is `tunecase`."""

from advisor.cli.main import main

main()
