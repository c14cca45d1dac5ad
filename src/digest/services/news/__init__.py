"""How Events come in and go out: import, feeds, export, and what is stored of one Event."""
