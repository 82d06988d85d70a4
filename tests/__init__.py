"""Tests of Tedee Cloud."""
