"""Client data in, frozen splits out."""
