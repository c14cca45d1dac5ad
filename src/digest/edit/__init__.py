"""The desk: pure functions. Values in, values out; time is an argument; nothing is looked up."""
