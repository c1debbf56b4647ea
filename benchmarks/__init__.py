"""Measurements of speed and of retrieval, each beside a bare reference in the same run."""
