"""A day in fast time: the service as it is, under a clock that is moved, and what must come of it.

`almanac` and `proof` know when each reader is to be told and look at what arrived. They know
nothing of how Digest plans: what they reckon, they reckon from clocks on the wall.
"""
