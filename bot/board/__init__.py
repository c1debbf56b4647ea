"""The consultants' web board: leads, numbers and the library for people who are enrolled."""
