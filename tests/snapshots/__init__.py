"""Scripts that write the dated tables which the product reads; none of them runs at run time."""
