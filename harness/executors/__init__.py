"""Ways to run a list of jobs; each file is one."""
