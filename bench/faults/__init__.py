"""Faults: whether anything is lost, doubled or half there when something breaks at any one step."""
