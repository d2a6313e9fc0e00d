"""The totals of a design, always in view: what each is, how it changed, and the budgets that it is held to."""
