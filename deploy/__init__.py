"""Everything that knows all services: the one-box, the production launcher, the command line, the sandbox."""
