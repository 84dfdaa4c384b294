"""The only compiled code: plain arrays in, plain arrays out."""
