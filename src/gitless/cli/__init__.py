"""Parse, call one flow, report. No logic."""
