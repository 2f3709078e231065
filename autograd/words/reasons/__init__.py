"""Reasons: what `why` finds on the recorded graph, and how it says so."""
