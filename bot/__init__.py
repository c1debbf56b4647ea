"""The assistant: conversation, leads, and the fronts over them."""
