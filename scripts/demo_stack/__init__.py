"""Run a simulated Tedee cloud and a real Home Assistant side by side, for a person or for a check.

``stack`` starts the two (``processes``) in a folder of their own (``home`` fills Home Assistant's),
``client`` and ``cloud`` talk to them, ``setup`` adds the account and the ``dashboard``,
and ``check`` takes the steps a person would take.
"""
