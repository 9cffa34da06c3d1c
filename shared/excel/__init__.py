"""Reading and writing typed tables in workbooks."""
