"""The main job as a client plays it: two workbooks in, invoices in the accounting system out."""
