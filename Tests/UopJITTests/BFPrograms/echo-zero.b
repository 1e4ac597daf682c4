Copies its input; a byte of zero ends it and so does the end

,[.,]
++++++++++.
