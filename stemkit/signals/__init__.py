"""Synthesis of test and demo sound from recipes."""
