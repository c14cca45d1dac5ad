"""What an admin asks: why, what was sent, is it well, how is it set."""
