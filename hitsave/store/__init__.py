"""What is kept between runs: results and traces (a cache), runs and sources (data)."""
