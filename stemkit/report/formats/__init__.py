"""One file, one format; all of them read the JSON report only."""
