"""How well a detector does on labelled texts.

``metrics``        scores, rates and intervals of one evaluation
``baseline``       the regression check: one evaluation against an earlier one
``recalibration``  what a user's own clean texts change
"""
