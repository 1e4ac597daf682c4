Copies its input; where nothing is left the cell stays as it was made: zero

,[.[-],]
++++++++++.
