"""The state of an installation: one module a concern, each check a finding with its remedy."""
