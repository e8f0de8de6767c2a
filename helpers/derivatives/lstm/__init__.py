"""LSTM layers: what they are, as a function, and their Jacobian."""
