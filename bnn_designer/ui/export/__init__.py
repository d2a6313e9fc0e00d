"""The Export page: a run or a design in the forms that other tools load."""
