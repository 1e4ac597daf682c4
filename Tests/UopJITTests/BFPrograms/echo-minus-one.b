Copies its input; minus one ends it

,+[-.,+]
++++++++++.
