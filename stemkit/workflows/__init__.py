"""Use cases, one file a verb; what the command line and the library both call."""
