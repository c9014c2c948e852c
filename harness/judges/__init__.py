"""A model as judge: two answers to one request, shown in both orders."""
