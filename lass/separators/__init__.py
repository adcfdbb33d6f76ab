"""Networks: mixture [B, C, T] + query -> target [B, C, T]; one network a file."""
