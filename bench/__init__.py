"""Measurements: how fast the ledger is, beside its peers and by itself."""
