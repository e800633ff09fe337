"""What the models of the laboratory show: differences of variants, and their intervals over seeds."""
