"""What is learnt: each file is one objective."""
