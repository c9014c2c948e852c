"""Ways to run a list of jobs (local, slots, ray), and what they share: the grid, its schedule, the lines."""
