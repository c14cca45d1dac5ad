"""The web pages. They need no JavaScript, set no cookie, and act on POST only."""
