"""From declared films and plain folders to facts."""
