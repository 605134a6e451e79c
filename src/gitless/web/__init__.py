"""What every room that speaks HTTP shares: time limits, retry, limited reading, proxies. Knows no service."""
