"""Arms under one protocol: data in, predictions per item, paired statistics, one verdict."""
