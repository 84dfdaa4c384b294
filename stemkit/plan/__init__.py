"""Pure data about what will be done."""
