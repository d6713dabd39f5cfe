"""Browsers: the page that runs a bundle's files there, and what builds it."""
