"""One file, one rule; rules read facts only."""
