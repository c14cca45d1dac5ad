"""Bounces and complaints: taken in, judged, and what follows for the address."""
