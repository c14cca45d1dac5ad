"""Who is told what and when: decisions become Slots, Editions and pending Deliveries."""
