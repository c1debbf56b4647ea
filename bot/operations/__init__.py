"""How the bot is seen from outside: figures, health, logs, and what an admin is told of."""
