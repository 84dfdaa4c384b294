"""Scan once into a ledger; every reading is a pure function of it."""
