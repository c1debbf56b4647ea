"""A conversation in, a consultation request for the consultants out: pure values, no front."""
