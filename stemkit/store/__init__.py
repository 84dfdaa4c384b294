"""Measured facts kept between runs, under the content digest."""
