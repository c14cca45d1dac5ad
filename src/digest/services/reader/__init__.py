"""What readers see and change of their own: preferences, Follows, and the way back."""
