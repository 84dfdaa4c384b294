"""The only package that opens sound files."""
