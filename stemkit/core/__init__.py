"""Nouns of the product: values without behaviour that needs a file, a clock or a processor."""
